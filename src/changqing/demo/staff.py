"""Who works at the supplier of the demo, and the names and posts of the people at its customers."""

from __future__ import annotations

from dataclasses import dataclass

ROOT, PROCESS, MACHINES = "大客户中心", "流程工业部", "装备制造部"
DEPARTMENTS = ((ROOT, ""), (PROCESS, ROOT), (MACHINES, ROOT))


@dataclass(frozen=True)
class Colleague:
    username: str
    full_name: str
    role: str
    department: str


STAFF = (
    Colleague("shenlan", "沈岚", "executive", ROOT),
    Colleague("hejiayi", "何嘉怡", "operator", ROOT),
    Colleague("weiran", "魏然", "admin", ROOT),
    Colleague("lutao", "陆涛", "director", PROCESS),
    Colleague("gumingyuan", "顾明远", "director", MACHINES),
    Colleague("linxiaotong", "林晓彤", "manager", PROCESS),
    Colleague("luomin", "罗敏", "manager", PROCESS),
    Colleague("tianye", "田野", "manager", MACHINES),
    Colleague("zhouqihang", "周启航", "manager", MACHINES),
)
OPERATOR = "hejiayi"
ROLE_NAMES = {
    "executive": "高管",
    "operator": "运营",
    "admin": "系统管理员",
    "director": "部门负责人",
    "manager": "客户经理",
}
DEPARTMENT_OF = {colleague.username: colleague.department for colleague in STAFF}
NAME_OF = {colleague.username: colleague.full_name for colleague in STAFF}

# Posts in the order in which a customer's buying centre fills; (department, title).
POSTS = (
    ("采购部", "采购经理"),
    ("设备部", "设备部长"),
    ("管理层", "分管副总经理"),
    ("采购部", "采购总监"),
    ("技术中心", "技术中心主任"),
    ("设备部", "点检主管"),
    ("管理层", "总经理"),
)
SUCCESSOR = "由前任移交"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = """
志远 国栋 建军 立群 振华 慧敏 晓东 文博 海燕 启明 雅琴 德胜 永强 淑芬 思远 鹏飞 佳宁 宏伟 丽娟 子涵
明辉 春梅 家豪 玉兰 泽宇 桂英 浩然 秋菊 卫国 若曦 天佑 爱华 凯旋 静怡 长河 红霞 云飞 美玲 守业 晨曦
"""
GIVEN = tuple(_GIVEN.split())
