"""The demo's datasets: its tables with labels, descriptions and formats for people."""

from dataclasses import dataclass

from core.domain.field import Field, FieldType, Format, NumberStyle

_PLAIN = Format(style=NumberStyle.PLAIN)
_EUR = Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR")
_MONEY = Format(style=NumberStyle.CURRENCY, decimals=2)
_SHARE = Format(style=NumberStyle.PERCENT, decimals=1)
_WHOLE = Format(decimals=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDraft:
    """A dataset that has no source and no organization yet."""

    name: str
    label: str
    description: str
    table_name: str
    fields: tuple[Field, ...]
    time_field: str | None
    row_noun: str


def demo_datasets() -> tuple[DatasetDraft, ...]:
    """Every dataset of the demo workspace."""
    return (
        DatasetDraft(
            name="orders",
            label="Orders",
            description="One row for each line of an order, with its customer and product. Returns count negative.",
            table_name="order_lines",
            fields=_ORDER_FIELDS,
            time_field="ordered_at",
            row_noun="order lines",
        ),
        DatasetDraft(
            name="customers",
            label="Customers",
            description="People and companies that have an account in the shop.",
            table_name="customers",
            fields=_CUSTOMER_FIELDS,
            time_field="created_on",
            row_noun="customers",
        ),
        DatasetDraft(
            name="products",
            label="Products",
            description="The assortment with list prices.",
            table_name="products",
            fields=_PRODUCT_FIELDS,
            time_field=None,
            row_noun="products",
        ),
        DatasetDraft(
            name="invoices",
            label="Invoices",
            description="Invoices with their due days and payments, in the currency of the customer.",
            table_name="invoices",
            fields=_INVOICE_FIELDS,
            time_field="issued_on",
            row_noun="invoices",
        ),
        DatasetDraft(
            name="outreach",
            label="Outreach",
            description="Messages of campaigns by e-mail, SMS and push, and what became of each.",
            table_name="outreach",
            fields=_OUTREACH_FIELDS,
            time_field="sent_at",
            row_noun="messages",
        ),
        DatasetDraft(
            name="product_usage",
            label="Product usage",
            description="What people did in the product over the last 90 days, event by event.",
            table_name="usage_events",
            fields=_USAGE_FIELDS,
            time_field="occurred_at",
            row_noun="events",
        ),
    )


def _text(name: str, label: str, description: str = "", *, personal: bool = False) -> Field:
    return Field(name=name, label=label, type=FieldType.TEXT, description=description, is_personal=personal)


def _flag(name: str, label: str, description: str = "") -> Field:
    return Field(name=name, label=label, type=FieldType.BOOLEAN, description=description)


def _day(name: str, label: str, description: str = "") -> Field:
    return Field(name=name, label=label, type=FieldType.DATE, description=description)


def _instant(name: str, label: str, description: str = "") -> Field:
    return Field(name=name, label=label, type=FieldType.DATETIME, description=description)


def _number_id(name: str, label: str, description: str = "") -> Field:
    return Field(name=name, label=label, type=FieldType.INTEGER, description=description, format=_PLAIN)


def _count(name: str, label: str, description: str = "", *, unit: str | None = None) -> Field:
    number_format = Format(decimals=0, unit=unit) if unit else _WHOLE
    return Field(
        name=name,
        label=label,
        type=FieldType.INTEGER,
        description=description,
        format=number_format,
        is_measure=True,
    )


def _decimal(name: str, label: str, description: str = "", *, number_format: Format) -> Field:
    return Field(
        name=name,
        label=label,
        type=FieldType.DECIMAL,
        description=description,
        format=number_format,
        is_measure=True,
    )


_ORDER_FIELDS = (
    _text("order_id", "Order", "Number of the order; its lines share it."),
    _number_id("line_no", "Line", "Position of the line within its order."),
    _instant("ordered_at", "Ordered at", "When the order was placed."),
    _number_id("customer_id", "Customer no."),
    _text("customer_name", "Customer", personal=True),
    _text("country", "Country", "Where the customer lives."),
    _text("segment", "Segment", "Consumer, small business, enterprise or public sector."),
    _number_id("product_id", "Product no."),
    _text("product_name", "Product"),
    _text("category", "Category"),
    _text("sales_channel", "Sales channel", "Web, mobile app, store, marketplace or phone."),
    _count("quantity", "Quantity", "Pieces; negative for returns."),
    _decimal("unit_price", "Unit price", "List price of one piece.", number_format=_EUR),
    _decimal("discount_rate", "Discount", "Share taken off the list price.", number_format=_SHARE),
    _decimal("amount", "Revenue", "Quantity times unit price less discount; negative for returns.", number_format=_EUR),
    _flag("is_return", "Return", "Whether the line takes goods back."),
    _text("payment_method", "Payment method", "Empty where nothing was paid yet."),
    _text("note", "Note", "What the customer or the shop wrote on the line.", personal=True),
)

_CUSTOMER_FIELDS = (
    _number_id("customer_id", "Customer no."),
    _text("name", "Name", personal=True),
    _text("company", "Company", "Empty for private customers."),
    _text("email", "E-mail", personal=True),
    _text("country", "Country"),
    _text("city", "City"),
    _text("segment", "Segment", "Consumer, small business, enterprise or public sector."),
    _day("created_on", "Customer since"),
    _flag("marketing_consent", "Marketing consent", "Empty where nobody has asked yet."),
)

_PRODUCT_FIELDS = (
    _number_id("product_id", "Product no."),
    _text("sku", "SKU", "Stock-keeping unit."),
    _text("name", "Product"),
    _text("category", "Category"),
    _text("subcategory", "Subcategory"),
    _text("brand", "Brand"),
    _decimal("unit_price", "Unit price", "List price of one piece.", number_format=_EUR),
    _flag("discontinued", "Discontinued", "Sold only while stocks last."),
)

_INVOICE_FIELDS = (
    _number_id("invoice_id", "Invoice id"),
    _text("invoice_number", "Invoice", "The number printed on the invoice."),
    _text("customer_name", "Customer", personal=True),
    _text("country", "Country"),
    _day("issued_on", "Issued on"),
    _day("due_on", "Due on"),
    _day("paid_on", "Paid on", "Empty until the invoice is paid."),
    _text("currency", "Currency", "Currency of the three amounts."),
    _decimal("net_amount", "Net", "In the invoice's currency, before tax.", number_format=_MONEY),
    _decimal("tax_amount", "Tax", "In the invoice's currency.", number_format=_MONEY),
    _decimal("total_amount", "Total", "In the invoice's currency, tax included.", number_format=_MONEY),
    _text("status", "Status", "paid, open, overdue or void."),
    _count("reminders", "Reminders", "How many reminders have been sent."),
)

_OUTREACH_FIELDS = (
    _number_id("message_id", "Message id"),
    _text("campaign", "Campaign"),
    _text("channel", "Channel", "email, sms or push."),
    _text("audience", "Audience", "The group of customers the message was meant for."),
    _instant("sent_at", "Sent at"),
    _flag("delivered", "Delivered"),
    _flag("opened", "Opened"),
    _flag("clicked", "Clicked"),
    _flag("replied", "Replied"),
    _flag("unsubscribed", "Unsubscribed"),
    _decimal(
        "cost",
        "Cost",
        "What sending the message cost.",
        number_format=Format(style=NumberStyle.CURRENCY, decimals=4, unit="EUR"),
    ),
    _count("deliveries", "Deliveries", "1 where the message arrived, else 0: add it up."),
    _count("opens", "Opens", "1 where the message was opened, else 0: add it up."),
    _count("clicks", "Clicks", "1 where a link was followed, else 0: add it up."),
    _count("replies", "Replies", "1 where somebody answered, else 0: add it up."),
    _count("unsubscribes", "Unsubscribes", "1 where somebody left the list, else 0: add it up."),
)

_USAGE_FIELDS = (
    _number_id("event_id", "Event id"),
    _instant("occurred_at", "Time", "When it happened."),
    _text("account_name", "Account", "The company whose people use the product."),
    _text("plan", "Plan", "free, team, business or enterprise."),
    _text("user_id", "User", "Pseudonym of the person.", personal=True),
    _text("feature", "Feature", "The part of the product that was used."),
    _text("event_name", "Event", "What was done there."),
    _text("platform", "Platform", "Web, Desktop, iOS, Android or API."),
    _text("country", "Country", "Where the account is at home."),
    _count("duration_ms", "Duration", "Empty where nothing was timed.", unit="ms"),
    _flag("is_error", "Failed", "Whether the event ended in an error."),
    _decimal("credits", "Credits", "What the event used up; failures are free.", number_format=Format(decimals=1)),
)
