"""Forms of an invented day."""

from doorstep_mobile import (
    Answer,
    AnswerRow,
    ContactEntry,
    Form,
    InspectionForm,
    NewDwelling,
    NewElder,
    NewPremises,
    NoticeForm,
    NoticeReceipt,
    ObservedRow,
    OperatorEntry,
    Signal,
    VisitForm,
    VisitKind,
)


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


def new_elder(name: str, tier: str = "key") -> Form:
    home = NewDwelling(address="花果山路6号502", unit_code="B-502")
    contact = ContactEntry(name="顾小明", relation="子", phone="14200000002", has_key=True)
    return Form.NEW_ELDER(NewElder(name=name, risk_tier=tier, new_dwelling=home, contacts=[contact]))


def visit(elder: str, *signals: Signal, words: str = "") -> Form:
    observed = [ObservedRow(item="mood", answer=Answer.PROBLEM, note="情绪低落")]
    return Form.VISIT(VisitForm(elder=elder, kind=VisitKind.HOME, observed=observed, signals=list(signals), words=words))
