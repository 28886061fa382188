"""Every kind of form there is, filled in on a phone offline, sent, and part of the record."""

import asyncio

from conftest import Handset
from doorstep_mobile import (
    AssessmentForm,
    Attempt,
    BreakGlassAct,
    BreakGlassForm,
    ConfirmationForm,
    ConsentEntry,
    ConsentForm,
    ConsentMethod,
    ConsentState,
    EntityEdit,
    ExplanationForm,
    FieldOp,
    FlagDecisionForm,
    Form,
    Level,
    LinkForm,
    Means,
    NeedForm,
    NeedState,
    NewDwelling,
    NotMetForm,
    Purpose,
    RiskEntry,
    RiskForm,
    RiskKind,
    SettleForm,
    SupplyForm,
    Value,
    VoidForm,
    WithdrawalForm,
)
from forms import blocked_exit, inspection, new_elder, new_shop, notice, visit

ALL = {kind for kind in vars(Form).values() if isinstance(kind, type) and issubclass(kind, Form)}


def test_every_kind_of_form_reaches_the_record(tmp_path, office):
    asyncio.run(every_kind(tmp_path, office))


async def every_kind(folder, office):
    lin = Writer(await Handset.enrolled(folder, "a", "lin", office))
    mei = Writer(await Handset.enrolled(folder, "b", "mei", office))
    await about_elders(lin)
    shop, other = await about_shops(lin)
    await lin.sync()
    await about_flags(lin, mei, shop)
    await about_referrals(lin, office, shop, other)
    await about_files(lin, mei, shop, other)
    for writer in (lin, mei, lin):
        await writer.sync()
    await lin.all_are_in_the_record()
    await mei.all_are_in_the_record()
    assert {kind.__name__ for kind in ALL - lin.kinds - mei.kinds} == set()


async def about_elders(lin):
    """Without a network, all of it."""
    elder = (await lin.fill(new_elder("顾奶奶"))).subject
    await lin.fill(Form.NEW_DWELLING(NewDwelling(address="花果山路8号101", unit_code="B-101", floor="1", lift=False)))
    await lin.fill(visit(elder, words="今天胃口不好"))
    tried = [Attempt(means=Means.DOOR, reached=False), Attempt(means=Means.PHONE, reached=True)]
    await lin.fill(Form.NOT_MET(NotMetForm(elder=elder, tried=tried, note="邻居说去买菜了")))
    scores = [item.most for item in (await lin.phone.checklist()).assessment]
    assert len(scores) == 26
    unfinished = Form.ASSESSMENT(AssessmentForm(elder=elder, scores=[*scores[:25], None]))
    incomplete = await lin.phone.start(lin.caseload, unfinished)
    wrong = [message for message in await lin.phone.check(incomplete) if message.level == Level.ERROR]
    assert [message.code for message in wrong] == ["required"]
    await lin.phone.discard(incomplete)
    await lin.fill(Form.ASSESSMENT(AssessmentForm(elder=elder, scores=scores, informant="本人")))
    fall = RiskEntry(kind=RiskKind.FALL, occurred_on="2026-01-02", note="在厨房滑倒")
    happened = await lin.fill(Form.RISK(RiskForm(elder=elder, risk=fall)))
    await lin.fill(Form.VOID(VoidForm(subject=elder, event=happened.event, reason="是邻居跌倒")))
    paper = ConsentEntry(purpose=Purpose.HEALTH, state=ConsentState.GRANTED, method=ConsentMethod.GUARDIAN, witness="顾小明")
    await lin.fill(Form.CONSENT(ConsentForm(elder=elder, consents=[paper])))
    await lin.fill(Form.NEED(NeedForm(elder=elder, text="想有人陪同看病", kind="escort", state=NeedState.RAISED)))
    told = BreakGlassForm(elder=elder, act=BreakGlassAct.OPENED, reason="昏倒,叫救护车", told="120", fields=["allergies"])
    await lin.fill(Form.BREAK_GLASS(told))


async def about_shops(lin):
    shop = (await lin.fill(new_shop("王记肠粉"))).subject
    other = (await lin.fill(new_shop("王记肠粉店", "HGS-089", "14200000003"))).subject
    seen = await lin.fill(inspection(shop, blocked_exit()))
    await lin.fill(inspection(other, blocked_exit()))
    await lin.fill(notice(shop, seen.event, "EXIT-02"))
    return shop, other


async def about_flags(lin, mei, shop):
    await mei.sync()
    flag = next(flag for flag in (await mei.phone.shop(shop)).flags if flag.rule == "F01")
    await lin.fill(Form.EXPLANATION(ExplanationForm(flag=flag.flag, subject=shop, text="店主说今晚搬走")))
    decision = FlagDecisionForm(
        flag=flag.flag, subject=shop, evidence=flag.evidence, confirm=True, reason="照片看得清楚"
    )
    # A worker may not: the form says so before anybody else has to.
    draft = await lin.phone.start(lin.caseload, Form.FLAG_DECISION(decision))
    assert (await lin.phone.check(draft))[0].code == "not_your_role"
    await lin.phone.discard(draft)
    await mei.fill(Form.FLAG_DECISION(decision))


async def about_referrals(lin, office, shop, other):
    """A referral is taken back before anybody has it; another goes all the way."""
    [early] = (await lin.phone.shop(other)).referrals
    await lin.fill(Form.WITHDRAWAL(WithdrawalForm(referral=early.id, reason="当场清走了")))
    slip = office.accept(lin.caseload, shop)
    office.ask("zhao", "POST", f"{slip}/ask", {"question": "后门朝哪一边?"})
    await lin.sync()
    [referral] = (await lin.phone.shop(shop)).referrals
    [asked] = referral.questions
    assert asked.text == "后门朝哪一边?" and asked.answer is None
    await lin.fill(Form.SUPPLY(SupplyForm(referral=referral.id, question=asked.id, text="朝南,对着巷子")))
    await lin.sync()
    office.reply(slip, "已到场核实,通道已清理")
    await lin.sync()
    [due] = (await lin.phone.today()).to_confirm
    assert due.visit.file == shop
    await lin.fill(Form.CONFIRMATION(ConfirmationForm(referral=due.referral, satisfied=True, note="后门通了")))
    assert (await lin.phone.today()).to_confirm == []


async def about_files(lin, mei, shop, other):
    """Two people say different things of one file, and two files turn out to be one shop."""
    await mei.sync()
    for writer, address in ((lin, "花果山路1号"), (mei, "花果山路2号")):
        edit = EntityEdit(entity=shop, ops=[FieldOp(field="address", value=Value.TEXT(address))])
        await writer.fill(Form.EDIT(edit))
    for writer in (lin, mei, lin):
        await writer.sync()
    [conflict] = (await lin.phone.shop(shop)).conflicts
    settle = SettleForm(entity=conflict.entity, field=conflict.field, value=Value.TEXT("花果山路2号"))
    await lin.fill(Form.SETTLE(settle))
    await mei.fill(Form.LINK(LinkForm(one=shop, other=other, reason="同一家店,两个门")))


class Writer:
    """Somebody who fills in forms, and wants all of them in the record."""

    def __init__(self, hand):
        self.hand, self.phone, self.caseload = hand, hand.phone, hand.caseload
        self.kinds, self.made = set(), []

    async def fill(self, form):
        draft = await self.phone.start(self.caseload, form)
        messages = await self.phone.check(draft)
        assert all(message.text.zh and message.text.en for message in messages)
        assert [message.field for message in messages if message.level == Level.ERROR] == []
        # What is kept is what was filled in.
        assert (await self.phone.draft(draft)).form == form
        finished = await self.phone.finish(draft)
        self.kinds.add(type(form))
        self.made.append(finished.submission)
        return finished

    async def sync(self):
        assert (await self.hand.sync()).is_IDLE()

    async def all_are_in_the_record(self):
        assert await self.phone.pending() == []
        for submission in self.made:
            stage = (await self.phone.receipt(submission)).stage
            assert not (stage.is_HELD() or stage.is_REJECTED() or stage.is_PENDING() or stage.is_STORED()), stage
