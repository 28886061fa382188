"""Forms of an invented day."""

from doorstep_mobile import Answer, AnswerRow, Form, InspectionForm, NewPremises, NoticeForm, NoticeReceipt, OperatorEntry


def new_shop(name: str, unit_code: str = "HGS-088", phone: str = "14200000001") -> Form:
    operator = OperatorEntry(name=name, uscc="92440399MA9T00018G")
    shop = NewPremises(
        name=name, address="花果山路88号", unit_code=unit_code, kinds=["restaurant"],
        contact_phone=phone, operator=operator,
    )  # fmt: skip
    return Form.NEW_PREMISES(shop)


def inspection(shop: str, *rows: AnswerRow, met: str = "店主", revisit: bool = False) -> Form:
    return Form.INSPECTION(InspectionForm(premises=shop, answers=list(rows), met=met, revisit=revisit))


def blocked_exit(note: str = "后门堆满纸箱") -> AnswerRow:
    return AnswerRow(code="EXIT-02", answer=Answer.PROBLEM, severity=3, refused=True, note=note)


def notice(shop: str, event: str, *items: str) -> Form:
    return Form.NOTICE(NoticeForm(premises=shop, inspection=event, items=list(items), receipt=NoticeReceipt.SIGNED))
