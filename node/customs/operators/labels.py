"""The words of look-ups and of the board, for staff who read English or Traditional Chinese."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "zh-Hant")

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "as of": ("as of", "基準日"),
    "known at": ("as known at", "知悉時點"),
    "known to us at": ("as known to us at", "本機關知悉時點"),
    "asked": ("asked", "查詢"),
    "operator": ("operator", "業者"),
    "status": ("status", "狀態"),
    "recognised": ("recognised", "享有優惠"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "name": ("name", "名稱"),
    "address": ("address", "地址"),
    "identifiers": ("identifiers", "識別碼"),
    "roles": ("roles", "角色"),
    "since": ("since", "起始日"),
    "until": ("until", "截止日"),
    "reason": ("reason", "原因類別"),
    "validated": ("validated", "驗證日"),
    "version": ("version", "版本"),
    "data": ("data of", "資料時點"),
    "old": ("old", "資料時齡"),
    "agreed": ("agreed at most", "約定上限"),
    "STALE": ("OLDER THAN AGREED", "資料逾期"),
    "source": ("source", "來源文件"),
    "message": ("message", "AS4 訊息"),
    "received": ("received", "收受時間"),
    "announced": ("announced; takes effect on receipt", "已通知，收受時生效"),
    "before": ("before it was deleted", "刪除前之狀態"),
    "to us": ("known to us then", "當時本機關所知"),
    "to sender": ("known to its authority then", "當時發送機關所知"),
    "conflict": ("CONFLICT", "衝突"),
    "history": ("history", "歷程"),
    "closed": ("until", "至"),
    "nobody": ("no operator is known by this", "查無此業者"),
    "on": ("on", "於"),
    "partner": ("partner", "夥伴"),
    "arrangement": ("arrangement", "協議狀態"),
    "none": ("none", "無"),
    "direction": ("direction", "方向"),
    "sequence": ("sequence", "序號"),
    "last in": ("last list in", "最近收受名單"),
    "last out": ("last list out", "最近發送名單"),
    "operators": ("operators", "業者數"),
    "changes": ("changed by the last list", "最近名單異動"),
    "not applied": ("not applied", "未套用"),
    "missing parts": ("missing parts", "缺少分段"),
    "coverage": ("identifiers known of", "識別碼涵蓋率"),
    "records": ("records", "筆"),
    "days": ("days", "天"),
    "hours": ("hours", "小時"),
    "never": ("never", "從未"),
    "ACTIVE": ("ACTIVE", "有效 ACTIVE"),
    "SUSPENDED": ("SUSPENDED", "暫停 SUSPENDED"),
    "REVOKED": ("REVOKED", "廢止 REVOKED"),
    "WITHDRAWN": ("WITHDRAWN", "撤回 WITHDRAWN"),
    "EXPIRED": ("EXPIRED", "屆期 EXPIRED"),
    "NOT-FOUND": ("NOT FOUND", "查無紀錄 NOT FOUND"),
    "negotiated": ("negotiated", "協商中"),
    "signed": ("signed", "已簽署"),
    "in force": ("in force", "生效中"),
    "suspended": ("suspended", "暫停"),
    "ended": ("ended", "終止"),
    "in": ("in", "收"),
    "out": ("out", "發"),
    "both": ("both", "雙向"),
}


def label(word: str, language: str) -> str:
    """A word as its reader has it; what is no word of ours stays as it is."""
    both = _WORDS.get(word)
    return word if both is None else both[LANGUAGES.index(language)]
