"""What the supplier of the demo sells: sixty products in six families, with list price and margin."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

FAMILIES = {
    "H": ("重载轴承", 0.25),
    "S": ("标准轴承", 0.19),
    "D": ("减速与传动", 0.22),
    "L": ("润滑油脂", 0.33),
    "P": ("密封件", 0.38),
    "M": ("状态监测", 0.46),
}


@dataclass(frozen=True)
class Product:
    """One product: list price and standard cost in yuan in the first year of the book."""

    key: str
    name: str
    family: str
    subfamily: str
    price: Decimal
    cost: Decimal


_LISTED = """
H 四列圆锥滚子轴承 381068 轧机轴承 38600
H 四列圆柱滚子轴承 FC5678275 轧机轴承 29400
H 四列圆柱滚子轴承 FC4056188 轧机轴承 17800
H 调心滚子轴承 23248 CA/W33 调心滚子 9650
H 调心滚子轴承 22340 CC/W33 调心滚子 7480
H 调心滚子轴承 24134 CC/W33 调心滚子 5260
H 推力调心滚子轴承 29434 推力轴承 6340
H 剖分式调心轴承 BS240 剖分轴承 8900
H 风电主轴轴承 240/710 风电轴承 52800
H 偏航回转支承 YH-2210 风电轴承 36500
S 深沟球轴承 6205-2RS 深沟球 26
S 深沟球轴承 6312/C3 深沟球 118
S 圆锥滚子轴承 32218 圆锥滚子 286
S 圆锥滚子轴承 30310 圆锥滚子 132
S 圆柱滚子轴承 NU2314 圆柱滚子 540
S 角接触球轴承 7210 B 角接触 168
S 交叉滚子轴承 RB15025 精密轴承 1280
S 薄壁轴承 CSXA040 精密轴承 940
S 带座外球面轴承 UCP212 带座轴承 215
S 滚针轴承 NA4908 滚针 96
D 平行轴斜齿轮减速机 R87 减速机 6850
D 锥齿轮减速机 K107 减速机 12400
D 行星减速机 P3N18 减速机 21800
D 谐波减速器 HS-25 精密减速 2260
D 摆线针轮减速器 RVZ-40 精密减速 3380
D 鼓形齿式联轴器 GICL8 联轴器 4150
D 膜片联轴器 JMIJ12 联轴器 2680
D 胀紧联结套 Z12A-120 联结件 620
D 工业同步带 14M-2100 带传动 385
D 滚子链 24A-2 链传动 740
L 极压复合锂基脂 2号 180kg 润滑脂 6980
L 聚脲高温润滑脂 16kg 润滑脂 1240
L 开式齿轮润滑脂 18kg 润滑脂 1560
L 油膜轴承油 460 200L 工业油 5280
L 重负荷齿轮油 320 200L 工业油 3950
L 抗磨液压油 46 200L 工业油 2680
L 合成风电齿轮油 320 20L 合成油 2150
L 食品级润滑脂 1kg 特种脂 260
L 集中润滑泵站 JR-40 润滑系统 18600
L 单点注油器 SP125 润滑系统 185
P 骨架油封 TC 120x150 油封 38
P 轧机油封 DF-380 油封 860
P 机械密封 M74-45 机械密封 1480
P 双端面机械密封 M85-60 机械密封 4250
P 组合密封圈 KG-100 组合密封 72
P 缠绕垫片 DN200 垫片 46
P 盘根 10mm 5kg 填料 320
P O型圈套装 382件 O型圈 158
P 迷宫密封环 LS-160 迷宫密封 1260
P 气动密封组件 AP-63 组合密封 210
M 振动温度传感器 VT-3 传感器 880
M 无线采集网关 GW-8 采集站 4600
M 有线在线监测站 CM-16 采集站 26800
M 转速传感器 SP-2 传感器 520
M 油液颗粒传感器 OD-1 传感器 9800
M 监测诊断服务 每年每台 诊断服务 3600
M 油液分析 每样 诊断服务 420
M 现场动平衡 每次 现场服务 5200
M 激光对中服务 每次 现场服务 3800
M 轴承安装培训 每天 培训 6000
"""


def _products() -> tuple[Product, ...]:
    found: list[Product] = []
    for line in _LISTED.strip().splitlines():
        letter, rest = line[0], line[2:]
        name, subfamily, price = rest.rsplit(" ", 2)
        family, margin = FAMILIES[letter]
        number = sum(product.family == family for product in found) + 1
        # Margins within a family differ by a few points, the cheap half earning more.
        share = Decimal(str(margin + 0.03 - 0.006 * number))
        cost = (Decimal(price) * (1 - share)).quantize(Decimal("0.01"))
        found.append(Product(f"{letter}{number:03d}", name, family, subfamily, Decimal(price), cost))
    return tuple(found)


PRODUCTS = _products()
BY_KEY = {product.key: product for product in PRODUCTS}


def of_family(letter: str) -> list[Product]:
    return [product for product in PRODUCTS if product.key.startswith(letter)]
