"""What other systems call things: Chinese and English ERP names, most telling first.

Names are compared squashed (see ``headers.squash``): case, width, spaces, underscores and brackets do not
matter. Words that say net or with tax are taken off a money header before it is looked up, and judged apart.
金蝶 K3/云星空, 用友 U8/NC, SAP (VBELN, POSNR …), AdventureWorks, and the usual variants.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CUSTOMER_KEY = _names("""
    客户编码 客户编号 客户代码 客户号 客户ID 客户key 购货单位编码 购货单位代码 购货单位编号 客商编码
    客商代码 往来单位编码 往来单位代码 往来单位编号 购买方编码 购方编码 订货客户编码 订货客户编号 售达方
    售达方编码 付款方编码 收货方编码 会员编号 经销商编码 经销商编号 代理商编码 CustomerKey CustomerID
    CustomerCode CustomerNumber CustomerNo CustNo CustID CustCode CustNum AccountKey AccountID AccountCode
    AccountNumber AccountNo ResellerKey ResellerID ResellerCode ClientID ClientCode ClientNo BuyerID
    BuyerCode DealerCode DealerID SoldTo SoldToParty SoldToID KUNNR KUNAG KUNRG CUSTNMBR cCusCode FCustID
    FCustNumber FCustomerID DebtorNo DebtorCode PartnerID BPCode CardCode
""")
_CUSTOMER_NAME = _names("""
    客户名称 客户名 客户 客户全称 购货单位 购货单位名称 客商 客商名称 往来单位 往来单位名称 购买方
    购买方名称 购方名称 订货客户 订货单位 售达方名称 付款单位 付款方 付款方名称 收货单位 经销商 经销商名称
    代理商 公司名称 单位名称 企业名称 开票单位 应收对象 对方单位 对方户名 付款人 CustomerName Customer
    CustName Cust AccountName Account ResellerName Reseller Client ClientName Buyer BuyerName Company
    CompanyName Dealer DealerName SoldToName SoldToPartyName NAME1 cCusName cCusAbbName FCustName
    FCustomerName Debtor DebtorName Partner PartnerName CardName Payer PayerName OrganizationName
    Organisation
""")
_PRODUCT_KEY = _names("""
    物料编码 物料代码 物料编号 物料号 物料长代码 产品编码 产品编号 产品代码 产品ID 产品号 存货编码 存货代码
    存货编号 商品编码 商品编号 商品代码 商品货号 货号 料号 品号 款号 SKU SKU编码 条码 ProductKey ProductID
    ProductCode ProductNumber ProductNo ProdCode ProdID ItemCode ItemNo ItemNumber ItemID ItemKey Material
    MaterialNumber MaterialCode MaterialNo MATNR PartNumber PartNo ArticleNumber ArticleNo StockCode
    cInvCode FItemID FMaterialID FMaterialNumber ITEMNMBR InventoryCode
""")
_PRODUCT_NAME = _names("""
    物料名称 产品名称 存货名称 商品名称 货物名称 货物或应税劳务名称 货物或应税劳务、服务名称 品名 产品 物料
    存货 商品 物料描述 项目名称 ProductName Product EnglishProductName ItemName Item ItemDescription
    MaterialDescription ProductDescription MaterialName ARKTX MAKTX Description cInvName FItemName
    FMaterialName Article ArticleName PartName GoodsName
""")
_FAMILY = _names("""
    产品族 产品大类 产品类别 产品分类 产品线 产品系列 物料分组 物料组 物料类别 物料大类 存货分类 存货大类
    存货分类名称 存货类别 商品分类 商品类别 商品大类 品类 大类 类别 系列 品牌 ProductFamily Family
    ProductCategory ProductCategoryName EnglishProductCategoryName Category CategoryName ProductLine
    ProductGroup MaterialGroup ItemGroup ItemCategory MATKL SPART Division Segment cInvCCode cInvCName
""")
_SUBFAMILY = _names("""
    产品子族 产品小类 产品中类 子类 小类 中类 二级分类 产品子类 Subfamily Subcategory ProductSubcategory
    ProductSubcategoryName EnglishProductSubcategoryName SubcategoryName Subgroup
""")
_ORDER_NO = _names("""
    订单号 订单编号 销售订单号 销售订单编号 销售订单 订单单号 单据编号 单据号 单据号码 销售单号 出库单号
    销售出库单号 发货单号 合同号 合同编号 单号 单据 凭证号 订单 OrderNo OrderNumber OrderID
    SalesOrderNumber SalesOrderNo SalesOrder SalesOrderID SalesDocument SONumber SONo Order OrderKey
    OrderRef VBELN VBAK_VBELN AUBEL cSOCode FBillNo FBillNumber DocNum DocumentNo DocumentNumber DocNo
    vbillcode SOPNUMBE PurchaseOrderNumber CustomerPONumber
""")
_LINE_NO = _names("""
    行号 订单行号 分录行号 行项目 行项目号 项次 项目号 序号 明细序号 分录号 订单行 行次 明细行号 LineNo
    LineNumber OrderLine SalesOrderLineNumber OrderLineNumber LineItem LineID Line ItemLine POSNR
    SalesDocumentItem iRowNo FEntryID FEntrySeq crowno Position Pos
""")
_ORDER_DAY = _names("""
    订单日期 下单日期 单据日期 销售日期 日期 业务日期 制单日期 出库日期 发货日期 记账日期 审核日期 签订日期
    交易日期 下单时间 订单时间 创建日期 凭证日期 发生日期 OrderDate Date SalesDate OrderDay DocumentDate
    DocDate TransactionDate TransDate PostingDate BookingDate AUDAT ERDAT BUDAT BLDAT FDate dDate dbilldate
    CreatedDate CreatedAt OrderedAt Day OrderDateKey ShipDate DOCDATE
""")
_QUANTITY = _names("""
    数量 订货数量 订单数量 销售数量 基本数量 实发数量 出库数量 发货数量 主数量 计价数量 件数 销量 Quantity
    Qty OrderQuantity OrderQty SalesQuantity SalesQty QuantityOrdered QtyOrdered Units UnitsSold KWMENG
    FKIMG FQty iQuantity nnum QuantitySold QUANTITY ShippedQty
""")
_PRICE = _names("""
    单价 价格 销售单价 原币单价 本币单价 净价 成交价 实际单价 平均单价 售价 UnitPrice Price SalesPrice
    UnitSellingPrice SellingPrice PriceEach NETPR FPrice iUnitPrice PricePerUnit ItemPrice UNITPRCE
""")
_PRICE_GROSS = _names("""
    FTaxPrice iTaxUnitPrice norigtaxprice GrossPrice
""")
_AMOUNT = _names("""
    金额 销售金额 订单金额 销售额 销售收入 收入 本币金额 原币金额 本位币金额 行金额 净额 净值 净价值 总金额
    货款 小计金额 应收金额 开票金额 贷款金额 营业收入 主营业务收入 总额 合计金额 Amount SalesAmount
    NetAmount NetValue NetSales LineAmount LineTotal ExtendedAmount ExtendedPrice Revenue Sales
    SalesRevenue SalesValue OrderAmount OrderValue Value NETWR FAmount iMoney iNatMoney nmoney XTNDPRCE
    TotalAmount Total Turnover NetTotal Subtotal
""")
_AMOUNT_GROSS = _names("""
    价税合计 税价合计 含税金额 含税总额 含税合计 价税合计金额 价税总额 价税合计本位币 本币价税合计
    原币价税合计 GrossAmount GrossValue GrossSales GrossTotal TotalIncludingTax TotalInclTax AmountInclTax
    AmountInclVAT TotalDue FAllAmount iSum iNatSum norigtaxmny ntaxmny GrossRevenue
""")
_TAX = _names("""
    税额 税金 销项税额 增值税额 增值税 本币税额 原币税额 Tax TaxAmount TaxAmt VAT VATAmount SalesTax GST
    MWSBP MWSBK FTaxAmount iTax iNatTax ntax
""")
_TAX_RATE = _names("""
    税率 增值税率 税率% TaxRate Tax% VAT% VATRate TaxPercent VATPercent FTaxRate iTaxRate ntaxrate
""")
_COST = _names("""
    成本金额 成本 销售成本 总成本 成本总额 行成本 结转成本 出库成本 成本合计 主营业务成本 TotalProductCost
    TotalCost LineCost CostAmount Cost COGS CostOfGoodsSold CostOfSales CostValue ExtendedCost WAVWR
    FCostAmount iCost EXTDCOST
""")
_UNIT_COST = _names("""
    单位成本 成本单价 标准成本 成本价 参考成本 计划成本 计划价 结存单价 进价 平均成本 UnitCost StandardCost
    ProductStandardCost StdCost CostPrice CostPerUnit AverageCost AvgCost STPRS VERPR FCostPrice iUnitCost
    UNITCOST PurchasePrice
""")
_CURRENCY = _names("""
    币种 币别 货币 币种编码 币种代码 原币 原币币种 结算币种 结算币别 交易币种 Currency CurrencyCode
    CurrencyKey Curr Cur CCY WAERK WAERS cexch_name FCurrencyID CURNCYID
""")
_SALESPERSON = _names("""
    业务员 销售员 销售人员 业务人员 销售代表 销售 经办人 职员 Salesperson SalesPersonName SalesRep
    SalesRepresentative Seller SalesEmployee EmployeeKey Employee EmployeeID EmployeeName Rep cPersonName
    cPersonCode FEmpID FSalerID VRTNR PERNR SLPRSNID SalesMan
""")
_LINE_TYPE = _names("""
    单据类型 业务类型 订单类型 红蓝字 红字 是否红字 红字标志 红蓝标志 红冲标志 是否退货 退货标志 行类型
    销售类型 交易类型 单据名称 出库类型 DocumentType DocType OrderType LineType SalesDocumentType
    TransactionType TransType AUART PSTYV cSTName FBillTypeID FROB bRed IsReturn IsCredit ReturnFlag
    BillType
""")
_INVOICE_NO = _names("""
    发票号 发票号码 发票编号 数电票号码 数电发票号码 发票单号 应收单号 开票号 票号 InvoiceNo InvoiceNumber
    InvoiceID Invoice InvNo BillingDocument BillingDoc BillNo BillNumber XBLNR BELNR cSBVCode FInvoiceNo
    TaxInvoiceNo
""")
_INVOICE_DAY = _names("""
    开票日期 发票日期 开具日期 开票时间 InvoiceDate BillingDate BillDate FKDAT IssueDate Issued
""")
_DUE = _names("""
    到期日 到期日期 应收日期 应收款日期 收款到期日 付款到期日 应付日期 账期到期日 约定付款日 DueDate Due
    PaymentDueDate NetDueDate PaymentDue MaturityDate Maturity ZFBDT FAEDT DUEDATE dVouDate
""")
_BILL_DUE = _names("""
    票据到期日 汇票到期日 承兑到期日 票据到期日期 承兑汇票到期日 票面到期日 BillDueDate DraftDueDate
""")
_INVOICE_AMOUNT = _names("发票金额 应收金额 开票金额 应收款 InvoiceAmount InvoiceTotal AmountDue")
_INVOICE_KIND = _names("""
    发票类型 发票种类 票种 红字发票 红蓝字 红字 是否红字 红字标志 红蓝标志 单据类型 开票类型 发票性质
    InvoiceType BillingType DocumentType DocType FKART IsCredit FROB Type
""")
_RECEIPT_NO = _names("""
    收款单号 回款单号 收款单编号 收款编号 回款编号 流水号 交易流水号 银行流水号 收据号 单据编号 单据号 单号
    ReceiptNo ReceiptNumber ReceiptID Receipt PaymentNo PaymentNumber PaymentID DocumentNo DocumentNumber
    FBillNo TransactionID cVouchID AUGBL
""")
_RECEIPT_DAY = _names("""
    收款日期 回款日期 到账日期 到账时间 入账日期 收款时间 回款时间 ReceiptDate PaymentDate ReceivedDate
    DateReceived PaidDate ValueDate AUGDT
""")
_RECEIPT_AMOUNT = _names("""
    收款金额 回款金额 到账金额 实收金额 本次收款 回款额 收款额 贷方金额 票面金额 ReceiptAmount
    PaymentAmount AmountReceived AmountPaid PaidAmount Paid Received DMBTR WRBTR
""")
_METHOD = _names("""
    结算方式 收款方式 回款方式 付款方式 支付方式 票据类型 款项类型 PaymentMethod Method PaymentType
    PayMethod Tender ZLSCH cSSName FSettleTypeID
""")
_CATEGORY = _names("""
    费用类别 费用项目 费用类型 费用科目 费用名称 成本类别 服务类别 活动 活动类型 作业 作业名称 科目名称
    科目 类别 Category Activity ActivityType CostCategory ExpenseType ExpenseCategory CostType CostElement
    KSTAR Type
""")
_COST_DAY = _names("""
    发生日期 费用日期 报销日期 服务日期 活动日期 ExpenseDate CostDate ActivityDate ServiceDate
""")
_COST_AMOUNT = _names("""
    费用金额 费用 报销金额 服务成本 CostAmount ExpenseAmount Cost Expense Spend
""")
_MINUTES = _names("""
    分钟 分钟数 时长 时长分钟 耗时 用时 Minutes Duration DurationMinutes TimeSpent Mins
""")
_REFERENCE = _names("""
    单据号 单据编号 报销单号 凭证号 单号 编号 参考号 Reference Ref ReferenceNo DocumentNo DocumentNumber
    VoucherNo ID ExpenseID
""")
_OPENING_AMOUNT = _names("""
    期初余额 期初应收 期初应收余额 应收期初 期初金额 年初余额 余额 本币期初余额 应收余额 OpeningBalance
    Opening BalanceBroughtForward Balance OpeningAmount BroughtForward
""")
_OPENING_DAY = _names("""
    期初日期 余额日期 截止日期 建账日期 启用日期 基准日 OpeningDate AsOf AsOfDate BalanceDate
""")
_SHORT_NAME = _names("""
    客户简称 简称 ShortName Alias Abbreviation AbbName SORTL SearchTerm
""")
_PARENT = _names("""
    上级客户 上级客户编码 母公司 集团 集团客户 所属集团 总公司 上级单位 父客户 Parent ParentAccount
    ParentCustomer ParentKey ParentID ParentCode HeadOffice Group KONZS UltimateParent
""")
_INDUSTRY = _names("""
    行业 所属行业 行业类别 行业分类 行业名称 客户行业 Industry IndustryName IndustrySector Sector BRSCH
    BusinessType KindOfBusiness LineOfBusiness Vertical
""")
_ACCOUNT_KIND = _names("""
    客户类型 客户类别 客户分类 客户性质 客户级别 客户等级 客户分组 客户分组名称 CustomerType AccountType
    CustomerGroup CustomerClass CustomerCategory KTOKD KDGRP Type Class Kind
""")
_OWNER = _names("""
    客户经理 负责人 专管业务员 专营业务员 归属人 责任人 大客户经理 Owner AccountManager AccountOwner
    Manager KeyAccountManager KAM ResponsiblePerson
""")
_DEPARTMENT = _names("""
    部门 所属部门 分管部门 专营部门 专管部门 销售部门 销售组织 事业部 分公司 Department Dept DepartmentName
    SalesOffice SalesOrganization SalesOrg VKORG VKBUR BusinessUnit Team
""")
_TAX_NUMBER = _names("""
    税号 纳税人识别号 纳税人登记号 统一社会信用代码 社会信用代码 税务登记号 信用代码 购方税号 TaxNumber
    TaxNo TaxID VATNumber VATID VATRegNo STCD1 STCEG TaxRegistrationNumber
""")
_UNIT = _names("""
    计量单位 单位 基本单位 主计量单位 基本计量单位 销售单位 Unit UoM UnitOfMeasure BaseUnit MEINS VRKME
    cComUnitName
""")
#: parts of a place, from the large to the small; their columns are joined in this order
REGION_PARTS: tuple[tuple[str, ...], ...] = (
    _names("""
        国家 国家地区 国别 Country CountryRegion CountryName CountryRegionName CountryRegionCode LAND1
    """),
    _names("""
        大区 区域 地区 销售区域 销售大区 所属区域 所属地区 地区分类 Region Territory SalesTerritory
        SalesRegion Area SalesDistrict BZIRK cDCName
    """),
    _names("""
        省 省份 省市 所在省 州 State Province StateProvince StateProvinceName StateName REGIO
    """),
    _names("""
        城市 市 所在城市 City Town CityName ORT01
    """),
)

_PARTY: dict[str, tuple[str, ...]] = {
    "customer": _CUSTOMER_KEY,
    "customer_name": _CUSTOMER_NAME,
    "currency": _CURRENCY,
}

#: kind → field → names
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "orders": {
        **_PARTY,
        "order_no": _ORDER_NO,
        "line_no": _LINE_NO,
        "date": _ORDER_DAY,
        "product": _PRODUCT_KEY,
        "product_name": _PRODUCT_NAME,
        "family": _FAMILY,
        "quantity": _QUANTITY,
        "price": _PRICE,
        "price_with_tax": _PRICE_GROSS,
        "amount": _AMOUNT,
        "amount_with_tax": _AMOUNT_GROSS,
        "tax": _TAX,
        "tax_rate": _TAX_RATE,
        "cost": _COST,
        "unit_cost": _UNIT_COST,
        "salesperson": _SALESPERSON + _OWNER,
        "line_type": _LINE_TYPE,
        "occurrence": ("出现次序", "Occurrence"),
    },
    "accounts": {
        "key": (*_CUSTOMER_KEY, "编码", "编号", "代码", "Key", "Code", "ID", "Number", "No"),
        "name": (*_CUSTOMER_NAME, "名称", "全称", "Name"),
        "short_name": _SHORT_NAME,
        "parent": _PARENT,
        "industry": _INDUSTRY,
        "currency": _CURRENCY,
        "tax_number": _TAX_NUMBER,
        "kind": _ACCOUNT_KIND,
        "owner": _OWNER + _SALESPERSON,
        "department": _DEPARTMENT,
    },
    "products": {
        "key": (*_PRODUCT_KEY, "编码", "编号", "代码", "Key", "Code", "ID", "Number", "No"),
        "name": (*_PRODUCT_NAME, "名称", "Name"),
        "family": _FAMILY,
        "subfamily": _SUBFAMILY,
        "unit_cost": (*_UNIT_COST, "成本", "Cost"),
        "unit": _UNIT,
    },
    "invoices": {
        **_PARTY,
        "invoice_no": (*_INVOICE_NO, "单据编号", "单据号", "DocumentNo", "DocumentNumber", "VBELN"),
        "date": _INVOICE_DAY + _ORDER_DAY,
        "due": _DUE,
        "amount": _AMOUNT_GROSS + _INVOICE_AMOUNT + _AMOUNT,
        "net_amount": (),
        "tax": _TAX,
        "tax_rate": _TAX_RATE,
        "order_no": _ORDER_NO,
        "kind": _INVOICE_KIND,
    },
    "receipts": {
        **_PARTY,
        "receipt_no": _RECEIPT_NO,
        "date": _RECEIPT_DAY + _ORDER_DAY,
        "due": _BILL_DUE + _DUE,
        "amount": _RECEIPT_AMOUNT + _AMOUNT + _AMOUNT_GROSS,
        "method": _METHOD,
        "invoice_no": _INVOICE_NO,
    },
    "costs": {
        **_PARTY,
        "date": _COST_DAY + _ORDER_DAY,
        "category": _CATEGORY,
        "amount": _COST_AMOUNT + _AMOUNT,
        "minutes": _MINUTES,
        "reference": _REFERENCE,
    },
    "rates": {
        "currency": (*_CURRENCY, "外币", "原币种", "FCURR", "FromCurrency", "ForeignCurrency"),
        "date": _names("""
            生效日期 汇率日期 牌价日期 发布日期 有效日期 RateDate ValidFrom EffectiveDate GDATU
        """)
        + _ORDER_DAY,
        "rate": _names("""
            汇率 中间价 人民币汇率中间价 记账汇率 期末汇率 折算价 牌价 中行折算价 固定汇率 Rate ExchangeRate
            FXRate MidRate UKURS iExchRate FExchangeRate
        """),
        "per": _names("""单位 外币单位 每 数量 比例 Per Units Ratio FFACT"""),
        "said_by": _names("""来源 出处 发布机构 数据来源 汇率来源 Source Publisher RateSource"""),
    },
    "openings": {
        **_PARTY,
        "date": _OPENING_DAY + _ORDER_DAY,
        "amount": _OPENING_AMOUNT + _AMOUNT,
    },
}
