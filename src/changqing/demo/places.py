"""Companies that do not exist, in towns that do not exist."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_FIRST = "宁沧云澜霁岚泓清洛汐浔泠潼渌滢沅湑溆汀洵"
_SECOND = "川屿陵浦溪埠坞渡洲港湾泽津塘崖桥岗坪滩垣"
_LEFT = "锐宏泰恒鼎盛瑞隆信诚嘉华晟铭德正启远志博凯辰昊骏"
_RIGHT = "拓业达腾丰阳源通和力成立创航新利旺捷安康平顺联众"
_TRADES = [
    ("重型机械", "装备制造"), ("钢铁", "钢铁"), ("矿业", "矿业"), ("水泥", "水泥建材"),
    ("纸业", "造纸"), ("风电设备", "风电"), ("化工", "石化化工"), ("铜业", "有色金属"),
    ("轨道装备", "轨道交通"), ("机器人", "机器人"), ("食品机械", "食品机械"), ("纺织机械", "纺织"),
    ("船舶", "船舶"), ("轮胎", "橡胶轮胎"), ("港口机械", "港口"), ("农机", "农业机械"),
]  # fmt: skip
_REGIONS = [
    "江苏", "浙江", "上海", "山东", "河北", "辽宁", "广东", "福建", "安徽", "湖北", "湖南", "河南",
    "四川", "重庆", "陕西", "山西", "江西", "云南", "广西", "天津",
]  # fmt: skip


def company_names(count: int) -> list[str]:
    """``count`` different names of companies, the same on every call; none is of two towns alike."""
    towns = [a + b for a in _FIRST for b in _SECOND]
    words = [a + b for a in _LEFT for b in _RIGHT]
    # A step that shares no divisor with the number of pairs visits each pair once before any again.
    pairs = len(towns) * len(words)
    names = []
    for number in range(count):
        place = (number * 7_919) % pairs
        round_, trade = number // pairs, _TRADES[number % len(_TRADES)][0]
        name = f"{towns[place % len(towns)]}{words[place // len(towns)]}{trade}"
        names.append(f"{name}有限公司" if not round_ else f"{name}第{round_}有限公司")
    return names


def industries(index: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The industry of each account, as its name says it."""
    names: npt.NDArray[Any] = np.array([industry for _, industry in _TRADES])[index % len(_TRADES)]
    return names


def regions(index: npt.NDArray[Any]) -> npt.NDArray[Any]:
    names: npt.NDArray[Any] = np.array(_REGIONS)[(index * 37 // 11) % len(_REGIONS)]
    return names
