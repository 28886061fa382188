"""A worker's day against a real server, through the library as an app sees it."""

import asyncio

import pytest
from conftest import Handset, Heard
from doorstep_mobile import (
    Answer,
    AnswerRow,
    Choice,
    EntityEdit,
    ExplanationForm,
    FieldOp,
    Form,
    Level,
    PhoneError,
    SettleForm,
    Signal,
    Stage,
    Transport,
    TransportError,
    Value,
    in_words,
)
from forms import blocked_exit, inspection, new_elder, new_shop, notice, visit


def test_a_day(tmp_path, office):
    asyncio.run(a_day(tmp_path, office))


async def a_day(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    phone, caseload = lin.phone, lin.caseload
    checklist = await phone.checklist()
    assert "EXIT-02" in {item.code for item in checklist.items}

    # Offline: a draft that is not complete says so, in both languages.
    draft = await phone.start(caseload, new_shop(""))
    messages = await phone.check(draft)
    assert messages[0].level == Level.ERROR and messages[0].text.zh == "必填" and messages[0].text.en
    with pytest.raises(PhoneError.Incomplete) as refused:
        await phone.finish(draft)
    assert refused.value.code() == "form_incomplete" and refused.value.zh()
    await phone.save(draft, new_shop("王记肠粉"))
    shop = (await phone.finish(draft)).subject

    # Danger: the alarm is there before the form is finished.
    gas = AnswerRow(code="GAS-01", answer=Answer.PROBLEM)
    draft = await phone.start(caseload, inspection(shop, gas))
    [alarm] = await phone.alarms(draft)
    assert any("119" in number.number for number in alarm.numbers) and alarm.do_first.zh and alarm.say.en
    await phone.discard(draft)

    # The flag at the door, and the notice.
    seen = await phone.submit(caseload, inspection(shop, blocked_exit()))
    door = await phone.flags_at_door(shop)
    assert [(flag.rule, flag.confirmed) for flag in door.flags] == [("F01", False)]
    await phone.submit(caseload, notice(shop, seen.event, "EXIT-02"))
    assert len(await phone.pending()) == 3
    assert (await phone.receipt(seen.submission)).stage.is_PENDING()
    assert [found.id for found in await phone.search("肠粉", 5)] == [shop]

    # The link is cut, before and in the middle of the answer; nothing is lost.
    assert (await lin.blocked(Cut(lin, 0))).is_OFFLINE()
    assert (await lin.blocked(Cut(lin, 200))).is_OFFLINE()
    heard = Heard()
    kept = phone.subscribe(heard)
    assert (await lin.sync()).is_IDLE()
    assert await phone.pending() == []
    assert await asyncio.to_thread(heard.told.wait, 30)
    kept.cancel()
    assert (await phone.receipt(seen.submission)).stage == Stage.FLAGGED(["F01"])

    # What is to be said about a flag is shown beside it.
    [flag] = (await phone.shop(shop)).flags
    assert flag.evidence == [seen.event] and flag.decision is None
    await phone.submit(caseload, Form.EXPLANATION(ExplanationForm(flag=flag.flag, subject=shop, text="店主说今晚搬走")))
    await lin.sync()
    [flag] = (await phone.shop(shop)).flags
    assert [said.says.zh for said in flag.explanations] == ["店主说今晚搬走"]

    # The officer's answer reaches the phone that saw the exit.
    office.answer(caseload, shop, "已到场核实,通道已清理")
    await lin.sync()
    stage = (await phone.receipt(seen.submission)).stage
    assert stage.is_ANSWERED() and stage.public_text == "已到场核实,通道已清理"
    assert [due.visit.file for due in (await phone.today()).to_confirm] == [shop]
    news = await phone.changes_since_last_sync()
    [reply] = [change for change in news.changes if change.what == "reply"]
    assert (reply.name, reply.says.zh) == ("王记肠粉", "部门答复")
    file = await phone.shop(shop)
    assert file.history[0].kind and {entry.kind for entry in file.history} >= {"inspection", "notice"}
    [found] = [entry for entry in file.history if entry.kind == "inspection"]
    assert [row.code for row in found.answers] == ["EXIT-02"]


def test_a_conflict_is_settled_by_a_person(tmp_path, office):
    asyncio.run(a_conflict(tmp_path, office))


async def a_conflict(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    chen = await Handset.enrolled(folder, "b", "chen", office)
    shop = (await lin.phone.submit(lin.caseload, new_shop("老李理发"))).subject
    await lin.sync()
    await chen.sync()
    for hand, address in ((lin, "花果山路1号"), (chen, "花果山路2号")):
        edit = EntityEdit(entity=shop, ops=[FieldOp(field="address", value=Value.TEXT(address))])
        await hand.phone.submit(hand.caseload, Form.EDIT(edit))
    for hand in (lin, chen, lin):
        await hand.sync()
    [conflict] = (await lin.phone.shop(shop)).conflicts
    assert conflict.label.zh == "地址"
    assert {said.text for said in conflict.said} == {"花果山路1号", "花果山路2号"}
    settle = SettleForm(entity=conflict.entity, field=conflict.field, element=None, value=Value.TEXT("花果山路2号"))
    await lin.phone.submit(lin.caseload, Form.SETTLE(settle))
    await lin.sync()
    await chen.sync()
    for hand in (lin, chen):
        file = await hand.phone.shop(shop)
        assert file.conflicts == []
        assert {field.name: field.text for field in file.fields}["address"] == "花果山路2号"
    ours, theirs = [await hand.phone.state_digest(hand.caseload) for hand in (lin, chen)]
    assert ours == theirs


def test_an_elder_is_visited_and_what_was_written_wrong_is_corrected(tmp_path, office):
    asyncio.run(an_elder(tmp_path, office))


async def an_elder(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    phone, caseload = lin.phone, lin.caseload
    elder = (await phone.submit(caseload, new_elder("顾奶奶"))).subject
    assert [row.name for row in await phone.elders(caseload)] == ["顾奶奶"]
    assert [row.unit_code for row in await phone.dwellings(caseload)] == ["B-502"]

    # Buttons and lists have words that are not the app's.
    assert in_words(Choice.SIGNAL(Signal.ACUTE_ILLNESS)).zh == "突发疾病"
    asked = await phone.checklist()
    [tiers] = [field for field in asked.elder_fields if field.field == "risk_tier"]
    assert (tiers.name.zh, [value.code for value in tiers.values]) == ("风险等级", ["general", "key", "high"])
    assert "restaurant" in {kind.code for kind in asked.premises_kinds}

    # An alarm before the form is finished.
    draft = await phone.start(caseload, visit(elder, Signal.ACUTE_ILLNESS))
    assert any("120" in number.number for alarm in await phone.alarms(draft) for number in alarm.numbers)
    await phone.save(draft, visit(elder, words="今天胃口不好"))
    assert await phone.alarms(draft) == []
    made = await phone.finish(draft)
    file = await phone.elder(elder)
    assert (file.visits, file.tier, file.contacts[0].phone) == (1, "key", "14200000002")
    [visited] = [entry for entry in file.history if entry.kind == "visit"]
    assert visited.words == "今天胃口不好"
    # In words of people, without a table of the app's own.
    assert visited.sentence.zh == "探访:入户;情绪、孤独:有问题,“情绪低落”;“今天胃口不好”"
    [tier] = [field for field in file.fields if field.name == "risk_tier"]
    assert (tier.label.zh, tier.label.en, tier.says.zh) == ("风险等级", "risk tier", "重点")

    # Wrong, and not sent yet: written anew in its place. Sent: amended. Of somebody else: voided.
    amended = await phone.amend(made.event, visit(elder, words="今天胃口好"))
    assert (amended.submission, amended.number) == (made.submission, made.number)
    assert (await lin.sync()).is_IDLE()
    # From the form as it was written, with one thing said otherwise.
    written = await phone.form_of(elder, amended.event)
    assert written.is_VISIT() and written[0].words == "今天胃口好" and written[0].observed[0].note == "情绪低落"
    written[0].words = "今天胃口还好"
    again = await phone.amend(amended.event, written)
    assert again.number > made.number
    assert [entry.words for entry in (await phone.elder(elder)).history if entry.kind == "visit"] == ["今天胃口还好"]
    await phone.void(elder, again.event, "写错人了")
    assert (await lin.sync()).is_IDLE()
    assert (await phone.elder(elder)).visits == 0
    with pytest.raises(PhoneError.NoSuchEvent):
        await phone.void(elder, again.event, "写错人了")


def test_a_colleague_carries_what_has_no_network(tmp_path, office):
    asyncio.run(a_carried_form(tmp_path, office))


async def a_carried_form(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    chen = await Handset.enrolled(folder, "b", "chen", office)
    made = await chen.phone.submit(chen.caseload, new_shop("河边杂货"))
    handed = await chen.phone.export_relay()
    assert "河边杂货".encode() not in handed
    assert await lin.phone.carry(handed) == 1
    with pytest.raises(PhoneError.BadRelay):
        await lin.phone.carry(b"what a stranger hands over")
    await lin.sync()
    await lin.sync()
    assert [found.id for found in await lin.phone.search("河边", 5)] == [made.subject]


def test_a_revoked_phone_hands_in_what_it_has_and_forgets(tmp_path, office):
    asyncio.run(a_revocation(tmp_path, office))


async def a_revocation(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    shop = (await lin.phone.submit(lin.caseload, new_shop("王记肠粉"))).subject
    await lin.sync()
    unsent = await lin.phone.submit(lin.caseload, inspection(shop, blocked_exit()))
    unfinished = await lin.phone.start(lin.caseload, inspection(shop, blocked_exit("还没写完")))
    office.run("admin", "device", "revoke", office.devices()[0])
    assert (await lin.blocked()).is_REVOKED()
    assert await lin.phone.is_wiped()
    assert await lin.phone.search("王记", 5) == [] and await lin.phone.caseloads() == []
    assert await lin.phone.drafts() == []
    with pytest.raises(PhoneError.NoSuchFile):
        await lin.phone.shop(shop)
    # What it wrote waits for the supervisor, also what was not finished.
    held = office.ask("mei", "GET", f"/v1/caseloads/{lin.caseload}/held")
    waits = {(one["submission"], one["code"], one["readable"]) for one in held}
    assert waits == {(unsent.submission, "device_revoked", True), (unfinished, "device_revoked", True)}
    # Found again: it becomes a phone like any other.
    await lin.phone.enrol(lin.line(), office.code("lin"), "a")
    assert (await lin.sync()).is_IDLE() and not await lin.phone.is_wiped()
    assert [found.id for found in await lin.phone.search("王记", 5)] == [shop]


def test_an_elder_who_asked_for_it_is_forgotten_by_every_phone(tmp_path, office):
    asyncio.run(an_erasure(tmp_path, office))


async def an_erasure(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    chen = await Handset.enrolled(folder, "b", "chen", office)
    elder = (await lin.phone.submit(lin.caseload, new_elder("顾奶奶"))).subject
    other = (await lin.phone.submit(lin.caseload, new_elder("谭爷爷"))).subject
    await lin.sync()
    await chen.sync()
    # Chen has been there and has not been online since; another form is not finished.
    late = await chen.phone.submit(chen.caseload, visit(elder, words="今天胃口不好"))
    await chen.phone.start(chen.caseload, visit(elder, words="还没写完"))
    kept = await chen.phone.start(chen.caseload, visit(other, words="还没写完"))
    office.run("erase", elder, "--caseload", "HGS", "--by", "mei", "--reason", "本人书面要求")
    for hand in (lin, chen):
        await hand.sync()
        news = await hand.phone.changes_since_last_sync()
        assert news.erased > 0 and "顾奶奶" not in {change.name for change in news.changes}
        await hand.sync()
        assert [row.name for row in await hand.phone.elders(hand.caseload)] == ["谭爷爷"]
        assert await hand.phone.search("顾奶奶", 5) == []
        with pytest.raises(PhoneError.NoSuchFile):
            await hand.phone.elder(elder)
        assert [draft.id for draft in await hand.phone.drafts()] == ([kept] if hand is chen else [])
    # Chen is told what became of the visit.
    stage = (await chen.phone.receipt(late.submission)).stage
    assert stage.is_REJECTED() and "删除" in stage.reason, vars(stage)
    [told] = [pending for pending in await chen.phone.pending() if pending.receipt.submission == late.submission]
    assert told.why.zh and told.why.en


class Cut(Transport):
    """A link that is cut after so many bytes of the answer."""

    def __init__(self, hand, after):
        self.line, self.after = hand.line(), after

    async def send(self, request, deadline_ms):
        answer = await self.line.send(request, deadline_ms)
        raise TransportError.Cut(answer.body[: self.after]) if self.after else TransportError.Offline()
