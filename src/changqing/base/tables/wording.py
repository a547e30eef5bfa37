"""The child's codes as sentences: what happened, where, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from changqing.base.tables.shapes import Unreadable

_REFUSALS = {
    "no_file": _("没有找到这个文件，或者它不是一个普通文件。请检查路径。"),
    "empty": _("文件里没有表格：没有一行有内容。请确认导出时选中了数据。"),
    "foreign": _("这不是表格文件，内容是 %(kind)s。请另存为 XLSX 或 CSV 再导入。"),
    "html": _("这个文件虽然可能叫 .xls，内容却是网页（HTML）。请用 Excel 或 WPS 打开后另存为 XLSX 再导入。"),
    "xml2003": _("这是 XML 表格 2003 格式。请用 Excel 或 WPS 打开后另存为 XLSX 再导入。"),
    "xls": _("这是旧的 Excel 97–2003 格式（.xls）。请用 Excel 或 WPS 打开后另存为 XLSX 再导入。"),
    "xlsb": _("这是二进制工作簿（.xlsb）。请用 Excel 打开后另存为 XLSX 再导入。"),
    "ods": _("这是 OpenDocument 表格（.ods）。请另存为 XLSX 再导入。"),
    "locked": _("文件有密码保护，读不了。请在 Excel 里取消密码、另存后再导入。"),
    "macros": _("工作簿里有宏，为安全起见不读取。请另存为不含宏的 XLSX 再导入。"),
    "doctype": _(
        "工作簿的 %(part)s 声明了 DOCTYPE，正常的工作簿没有，可能有害，没有读取。请用 Excel 另存一份再导入。"
    ),
    "broken": _("工作簿损坏，读不下去：%(what)s。请用 Excel 打开并另存一份再导入。"),
    "zip_members": _(
        "工作簿里有 %(found)d 个部件，超过上限 %(limit)d 个。请只保留要导入的工作表，另存后再导入。"
    ),
    "zip_names": _("工作簿里有重名或指向外部的部件，可能有害，没有读取。请用 Excel 另存一份再导入。"),
    "zip_size": _("工作簿解开后有 %(found)d MB，超过上限 %(limit)d MB。请拆成几个文件，或改存 CSV 再导入。"),
    "zip_ratio": _(
        "工作簿的 %(part)s 压缩了 %(found)d 倍，超过上限 %(limit)d 倍，"
        "像是压缩炸弹，没有解开。请把数据复制到新的工作簿再导入。"
    ),
    "far_cell": _(
        "工作表“%(sheet)s”的单元格 %(cell)s 有内容，超出了 %(limit)d 列。"
        "多半是误填：请删掉表格右边多余的列再导入。"
    ),
    "far_row": _(
        "工作表“%(sheet)s”写着第 %(row)d 行，而工作表最多 %(limit)d 行。文件已损坏，请用 Excel 另存一份。"
    ),
    "columns": _("表头有 %(found)d 列，超过上限 %(limit)d 列。请删掉不需要的列再导入。"),
    "no_sheet": _("没有名为“%(sheet)s”的工作表。这个工作簿里有：%(known)s。"),
    "line": _("第 %(line)d 行起超过 %(limit)d MB 没有换行，不像表格。请检查引号和换行，重新导出后再导入。"),
    "delimiter": _("“%(delimiter)s”不能作分隔符。请给出一个符号，例如逗号、分号、制表符或竖线。"),
    "encoding_asked": _("不认识编码“%(encoding)s”。可以选：%(known)s。"),
    "encoding_unknown": _(
        "认不出文字编码：第 %(line)d 行（文件第 %(byte)d 字节）不是 UTF-8，也不是 GB18030。"
        "请存为 UTF-8 再导入，或者指明编码。"
    ),
    "memory": _("读取这个文件所需内存超过上限 %(limit)d MB，已停止。请拆成几个文件，或改存 CSV 再导入。"),
    "cpu": _("读取这个文件所需计算时间超过上限 %(limit)d 秒，已停止。请拆成几个文件，或改存 CSV 再导入。"),
    "wall": _("读取这个文件超过了 %(limit)d 秒，已停止。请稍后再试，或拆成几个文件再导入。"),
    "disk": _("磁盘空间不够，读取已停止。请腾出空间后再导入。"),
    "died": _(
        "读取这个文件的进程意外结束（%(status)d）：%(error)s。"
        "请用 Excel 另存一份再导入；若仍不行，请把文件交给管理员。"
    ),
}
_REASONS = {
    "few": _("只有 %(found)d 列，应有 %(expected)d 列"),
    "many": _("有 %(found)d 列，应有 %(expected)d 列：可能有单元格含分隔符却没加引号"),
    "quote": _("引号没有闭合，或者闭合后还有文字"),
    "nul": _("含有空字符（NUL）"),
    "damaged": _("有字节不成文字：可能在一个汉字中间被截断"),
    "long": _("第 %(column)s 列%(name)s的内容超过 %(limit)d 个字符"),
    "beyond": _("表头只到 %(last)s 列，这一行在 %(column)s 列还有内容"),
}
_NOTES = {
    "marks": _("文件开头有 %(count)d 个字节顺序标记（BOM），已忽略。"),
    "titles": _("表头在第 %(row)d 行，上面的 %(count)d 行标题没有导入。"),
    "double_header": _("表头有两行（从第 %(row)d 行起），已合并为“组/列”。"),
    "handed_back": _("这是退回修改的文件，末尾的行号和原因两列已忽略。"),
    "1904": _("工作簿使用 1904 日期系统，日期已按此换算。"),
    "hidden_sheets": _("跳过了 %(count)d 张隐藏的工作表：%(names)s。"),
    "other_sheets": _("导入的是工作表“%(sheet)s”；还有数据的工作表：%(names)s。"),
    "merged": _("有 %(count)d 处合并单元格（第一处 %(first)s）：只有左上角的一格有内容，其余为空。"),
    "unvalued": _(
        "有 %(count)d 个公式没有存下结果（第一个在 %(first)s），当作空格。请用 Excel 打开并保存一次。"
    ),
}


def refusal(name: str, verdict: Unreadable) -> str:
    """The sentence for a file that is refused as a whole."""
    told = str(_REFUSALS[verdict.code]) % verdict.data
    return str(_("文件“%(name)s”没有导入，账上没有任何变化。%(told)s")) % {"name": name, "told": told}


def reason(code: str, data: Mapping[str, object]) -> str:
    """Why a row is no row."""
    return str(_REASONS[code]) % data


def note(code: str, data: Mapping[str, object]) -> str:
    """Something found out about the file."""
    return str(_NOTES[code]) % data
