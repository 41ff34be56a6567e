"""How risky a change of a sheet is, and what it does: what its parameters do (effects.py), and a table of its other paths.

A change of high risk needs a second person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final

from node.sheets import effects
from node.sheets.effects import Effect, Risk
from node.sheets.strength import WEAKER, rating

_L, _M, _H = Risk.LOW, Risk.MEDIUM, Risk.HIGH
_PARAMETERS: Final = "profile.parameters."
_PROTECTS_LESS: Final = ("it protects less than before: ", "保護程度低於先前：")

#: The first path that fits; `*` stands for anything. `+` before a service stands for one that is new, `-` for one that is gone.
# fmt: off
PATHS: Final[Mapping[str, Effect]] = {
    "parties.*.certificates.sign": Effect(_H, "decides whose signatures count as this administration's", "決定誰的簽章代表該機關"),
    "parties.*.certificates.encrypt": Effect(_H, "decides who can read what is sent to this administration", "決定誰能讀取送交該機關的內容"),
    "parties.*.certificates.tls": Effect(_H, "decides which machines may connect as this administration", "決定哪些機器可代表該機關連線"),
    "parties.*.certificates.seal": Effect(_H, "decides whose seals on documents count", "決定誰的文件封印有效"),
    "parties.*.certificates.anchors": Effect(_H, "decides which authorities are believed for this administration's certificates", "決定信任哪些憑證機構"),
    "parties.*.certificates.trust": Effect(_H, "changes why certificates are believed", "變更信任憑證的依據"),
    "parties.*.party_ids": Effect(_H, "changes under which id this administration sends and is found", "變更該機關的識別代號"),
    "parties.*.endpoint": Effect(_H, "messages go to another address: to nobody, or to somebody else, where it is wrong", "訊息改送至其他位址，若有誤將無人接收或由他人接收"),
    "parties.*.role": Effect(_M, "messages with the old role are refused", "使用舊角色的訊息將被拒收"),
    "parties.*.host": Effect(_L, "changes the right-hand side of message ids", "變更訊息識別碼的主機名稱"),
    "parties.*.calendar.fall_back": Effect(_H, "messages go to another address in some windows: to nobody, or to somebody else, where it is wrong", "訊息於部分時段改送至其他位址，若有誤將無人接收或由他人接收"),
    "parties.*.calendar": Effect(_M, "messages wait, or are refused, at other times", "訊息等待或拒收的時段改變"),
    "parties.*.documents.authorities": Effect(_H, "decides whose documents may come from this administration", "決定可由該機關送交哪些機構的文件"),
    "parties.*.documents.answers": Effect(_M, "changes which steps this administration tells", "變更該機關回報的步驟"),
    "parties.*.documents.*": Effect(_H, "decides which seals on documents are believed", "決定信任哪些文件封印"),
    "parties.*.name": Effect(_L, "is a text for people", "僅供人員閱讀"),
    "parties.*.contacts": Effect(_L, "is a text for people", "僅供人員閱讀"),
    "parties.b": Effect(_H, "the accepting administration fills in its side", "接受方填入其資料"),
    "services.+*": Effect(_M, "messages that were refused before are taken from now on", "先前拒收的訊息將開始接收"),
    "services.-*": Effect(_M, "messages of this action are refused from now on", "此動作的訊息將被拒收"),
    "services.*.sender": Effect(_M, "changes who may send", "變更可傳送的一方"),
    "services.*": Effect(_M, "changes the way of these messages; both sides must change it together", "變更訊息傳遞方式，雙方須同時變更"),
    "profile.name": Effect(_M, "names another profile; what it says stands in the parameters", "改用其他設定檔"),
    "weakened": Effect(_H, "the agreement is weaker than its profile", "協議弱於其設定檔"),
    "agreement_ref": Effect(_M, "messages with the old reference are refused after the overlap", "重疊期後，使用舊協議編號的訊息將被拒收"),
    "test_service": Effect(_L, "changes whether test messages are answered", "變更是否回應測試訊息"),
    "check_documents": Effect(_H, "decides whether documents are checked before they are handed over", "決定文件交付前是否檢查"),
    "ladder": Effect(_L, "changes when a late step is told", "變更逾期通知時間"),
    "retention": Effect(_M, "changes how long messages and evidence are kept", "變更訊息與證據的保存期限"),
    "effective.*": Effect(_L, "changes from when and until when the version holds", "變更版本生效期間"),
    "title": Effect(_L, "is a text for people", "僅供人員閱讀"),
    # What nobody has thought of is never low.
    "*": Effect(_H, "is not in the table of effects: ask what it does", "影響不明，請先確認"),
}
# fmt: on

#: What the other side need not do anything about.
FOR_PEOPLE: Final = ("parties.*.name", "parties.*.contacts", "title", "effective.*")


def effect_of(path: str, before: Any = None, after: Any = None) -> Effect:
    """What a change of this path does. A parameter says its own effect; where it protects less than before, the risk is never below high."""
    if not path.startswith(_PARAMETERS):
        return next(effect for pattern, effect in PATHS.items() if fnmatchcase(path, pattern))
    key = path.removeprefix(_PARAMETERS)
    effect = effects.effect_of(key)
    if rating(key, before, after) != WEAKER:
        return effect
    en, zh = _PROTECTS_LESS
    return replace(effect, risk=_H, en=en + effect.en, zh=zh + effect.zh, weaker=True)


def highest(risks: Iterable[Risk]) -> Risk:
    """The highest of some risks; low for none."""
    return max(risks, key=lambda one: one.weight, default=Risk.LOW)
