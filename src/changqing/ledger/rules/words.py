"""Words that cells hold: nothing, totals, currencies, red entries."""

from __future__ import annotations

#: cells that mean "nothing here" (compared trimmed and in upper case)
BLANKS = (
    "", "NULL", "(NULL)", "<NULL>", "[NULL]", "N/A", "#N/A", "NIL", "NONE", "NAN", "-", "--", "---", "—",
    "——", "–",
    "－", "/", "\\N", "无", "空", "暂无", "(空)", "（空）", "(空白)", "(BLANK)",
)  # fmt: skip
#: also nothing where a number or a day is expected
VALUE_BLANKS = (*BLANKS, "NA", "NAT", "?", "*", ".")
#: no day: SAP's and MySQL's zero days, Excel's day nought, SAP's open end
DAY_BLANKS = (*VALUE_BLANKS, "0", "00000000", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "1900-01-00",
              "1900/1/0", "9999-12-31", "99991231", "31.12.9999", "9999/12/31")  # fmt: skip
#: what Excel writes where a formula failed
EXCEL_ERRORS = ("#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")

#: marks a total row: full match, on text in upper case without white space;
#: names such as 合计贸易公司 or TOTAL ENERGIES are no totals
TOTAL_PATTERN = (
    r".{0,60}(合计|小计|总计|共计|累计|汇总|总和|合計|小計|總計)(金额)?([:：(（\[【].{0,60})?"
    r"|(GRAND|SUB|OVERALL|PAGE)?[-_]?(TOTALS?|RESULT)[:：]?"
    r"|(SUB|GRAND)[-_]?TOTAL(FOR|OF|[:：]).{0,60}|.{0,60}SUB[-_]?TOTAL|SUM[:：]?"
)

#: these, in the place of a product or a line number, mark a total even on a full row
TOTALS_BY_LINE = (
    "合计",
    "小计",
    "总计",
    "共计",
    "合 计",
    "小 计",
    "SUBTOTAL",
    "SUB TOTAL",
    "SUB-TOTAL",
    "GRAND TOTAL",
)

#: words and signs → ISO code. ¥ is read as CNY and $ as USD unless a currency column says otherwise
CURRENCIES: dict[str, str] = {
    "RMB": "CNY", "CNY": "CNY", "CNH": "CNY", "CN¥": "CNY", "人民币": "CNY", "人民币元": "CNY",
    "元": "CNY", "¥": "CNY", "￥": "CNY",
    "PRE001": "CNY", "本币": "",
    "USD": "USD", "US$": "USD", "$": "USD", "美元": "USD", "美金": "USD", "PRE007": "USD",
    "HKD": "HKD", "HK$": "HKD", "港币": "HKD", "港元": "HKD", "港幣": "HKD",
    "EUR": "EUR", "€": "EUR", "欧元": "EUR", "欧": "EUR",
    "JPY": "JPY", "JP¥": "JPY", "日元": "JPY", "日圆": "JPY", "円": "JPY",
    "GBP": "GBP", "£": "GBP", "英镑": "GBP", "TWD": "TWD", "NT$": "TWD", "新台币": "TWD", "台币": "TWD",
    "MOP": "MOP", "澳门元": "MOP", "澳门币": "MOP", "KRW": "KRW", "₩": "KRW", "韩元": "KRW", "韩币": "KRW",
    "SGD": "SGD", "S$": "SGD", "新加坡元": "SGD", "新元": "SGD", "AUD": "AUD", "A$": "AUD", "澳元": "AUD",
    "澳大利亚元": "AUD",
    "CAD": "CAD", "C$": "CAD", "加元": "CAD", "加拿大元": "CAD", "CHF": "CHF", "瑞士法郎": "CHF",
    "RUB": "RUB", "₽": "RUB",
    "卢布": "RUB", "INR": "INR", "₹": "INR", "卢比": "INR", "THB": "THB", "฿": "THB", "泰铢": "THB",
    "VND": "VND", "₫": "VND",
    "越南盾": "VND", "MYR": "MYR", "林吉特": "MYR", "马币": "MYR", "IDR": "IDR", "印尼盾": "IDR",
    "PHP": "PHP", "菲律宾比索": "PHP",
    "BRL": "BRL", "R$": "BRL", "雷亚尔": "BRL", "AED": "AED", "迪拉姆": "AED", "SAR": "SAR", "TRY": "TRY",
    "₺": "TRY",
    "ZAR": "ZAR", "MXN": "MXN", "SEK": "SEK", "NOK": "NOK", "DKK": "DKK", "PLN": "PLN", "CZK": "CZK",
    "HUF": "HUF",
    "NZD": "NZD", "新西兰元": "NZD", "ILS": "ILS", "KZT": "KZT", "UAH": "UAH", "EGP": "EGP", "CLP": "CLP",
    "COP": "COP",
    "PEN": "PEN", "ARS": "ARS", "NGN": "NGN", "KES": "KES", "PKR": "PKR", "BDT": "BDT", "LKR": "LKR",
    "MMK": "MMK",
    "QAR": "QAR", "KWD": "KWD", "RON": "RON", "BGN": "BGN", "GEL": "GEL", "UZS": "UZS", "MNT": "MNT",
}  # fmt: skip
