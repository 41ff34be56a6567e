"""What a difference in one parameter does, and how much it matters: one table for every comparison of agreements, and for every change of a sheet.

The keys are those of an `agreement.toml`: of the parameters, and of its other tables. Source: UX goal 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Risk(StrEnum):
    """How much a difference, or a change, of a parameter may do."""

    #: Messages go on; at most their timing or comfort changes.
    LOW = "low"
    #: Some messages fail, or are handled otherwise than one side thinks.
    MEDIUM = "medium"
    #: No message passes, or one passes with less protection than one side thinks.
    HIGH = "high"

    @property
    def weight(self) -> int:
        """For sorting and comparing."""
        return list(Risk).index(self)


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens where two sides differ in a parameter, in both languages."""

    risk: Risk
    en: str
    zh: str
    #: Whether it protects less afterwards.
    weaker: bool = False


_LOW, _MEDIUM, _HIGH = Risk.LOW, Risk.MEDIUM, Risk.HIGH
_REPORT: Final = "leg.error_handling.report."
_X509: Final = "leg.security.x509."
_REFUSED = ("messages match no P-Mode and are refused", "訊息與任何 P-Mode 均不相符，將被拒收")
_OWN_RETRY = ("only how often and how long the sender tries again", "僅影響傳送方重試的次數與時間")
_OWN_LIMIT = ("larger messages are refused by the side with the lower limit", "超出較低上限的訊息將被該方拒收")
_OWN_TIME = ("only how long one side waits on a connection", "僅影響一方等待連線的時間")
_VERIFY = ("the receiver refuses signatures that its policy does not allow", "接收方將拒絕其政策不允許的簽章")
_DECRYPT = ("the receiver cannot decrypt, or refuses the algorithm", "接收方無法解密，或拒絕該演算法")
_NAMED_KEY = ("the other side may not find the key, or refuse how it is named", "對方可能找不到金鑰，或拒絕其指稱方式")
_NOTICE = ("one side's application is not told of what went wrong", "一方的應用系統不會得知發生的錯誤")
_UNUSED = ("not used in AS4: one side expects what the other never does", "AS4 不使用：一方期待對方不會進行的處理")

# fmt: off
EFFECTS: Final[Mapping[str, Effect]] = {
    # who, where, what
    "partner.party_id": Effect(_HIGH, *_REFUSED),
    "us.party_id": Effect(_HIGH, *_REFUSED),
    "partner.role": Effect(_HIGH, *_REFUSED),
    "us.role": Effect(_HIGH, *_REFUSED),
    "partner.url": Effect(_HIGH, "messages go to an address where nobody waits, or somebody else does", "訊息送往無人接收或他人接收的位址"),
    "us.url": Effect(_HIGH, "the partner's messages go to an address where we do not wait", "對方的訊息送往我方未接收的位址"),
    "agreement_ref": Effect(_HIGH, *_REFUSED),
    "service": Effect(_HIGH, "one side sends, or waits for, what the other has not agreed to", "一方傳送或等待對方未同意的業務"),
    "service.binding": Effect(_HIGH, "one side pushes or waits where the other pulls: nothing arrives", "一方推送或等待而另一方拉取：訊息無法送達"),
    "service.mpc": Effect(_HIGH, "messages lie in a channel that nobody looks into, or are refused", "訊息置於無人查看的通道，或遭拒收"),
    "service.answers": Effect(_MEDIUM, "an answer is taken for a message of its own, or never awaited", "回覆被視為獨立訊息，或無人等候"),
    "test_service": Effect(_LOW, "only whether the connection can be tested", "僅影響能否進行連線測試"),
    "title": Effect(_LOW, "a name for people", "僅供人員辨識的名稱"),
    "profile": Effect(_MEDIUM, "every value that is not written out may differ", "所有未明列的數值都可能不同"),
    # certificates
    "certificates.sign": Effect(_HIGH, "signatures of the other side are refused", "對方的簽章將被拒絕"),
    "certificates.encrypt": Effect(_HIGH, "the receiver cannot decrypt what is encrypted to another key", "接收方無法解開以其他金鑰加密的內容"),
    "certificates.tls": Effect(_HIGH, "connections are refused", "連線將被拒絕"),
    "certificates.trust": Effect(_HIGH, "other certificates are believed than one side thinks", "所信任的憑證與一方所想的不同"),
    "certificates.anchors": Effect(_HIGH, "other authorities are believed than one side thinks", "所信任的憑證機構與一方所想的不同"),
    "certificates.policy": Effect(_HIGH, "certificates are refused, or believed by weaker rules than one side thinks", "憑證將被拒絕，或依較寬鬆的規則被信任"),
    "certificates.revocation": Effect(_HIGH, "a certificate that was taken back may still be believed", "已廢止的憑證可能仍被信任"),
    "certificates.window": Effect(_MEDIUM, "certificates count at other times than one side thinks", "憑證生效時間與一方所想的不同"),
    "us.sign": Effect(_HIGH, "the partner refuses our signatures until it has this certificate", "對方取得此憑證前將拒絕我方簽章"),
    "us.encrypt": Effect(_HIGH, "what the partner encrypts can be read only with the key that it knows", "對方加密的內容只能以其所知的金鑰解讀"),
    # our own tables
    "calendar": Effect(_LOW, "only when sending waits for the partner to be open", "僅影響何時等待對方系統開放後再傳送"),
    "retention": Effect(_LOW, "only how long each side keeps what was exchanged", "僅影響各方保存交換資料的期間"),
    "documents": Effect(_MEDIUM, "documents are judged by other rules than one side thinks", "文件依據與一方所想不同的規則審查"),
    "ladder": Effect(_LOW, "only when a late answer is escalated", "僅影響逾期回覆何時升級處理"),
    # spec: C D.3.1
    "mep": Effect(_HIGH, "one side awaits an answer that the other does not send", "一方等候對方不會傳送的回覆"),
    "mep_binding": Effect(_HIGH, "one side pushes or waits where the other pulls: nothing arrives", "一方推送或等待而另一方拉取：訊息無法送達"),
    "initiator.role": Effect(_HIGH, *_REFUSED),
    "responder.role": Effect(_HIGH, *_REFUSED),
    "initiator.authorization.username": Effect(_HIGH, "pull requests are refused", "拉取請求將被拒絕"),
    "initiator.authorization.password": Effect(_HIGH, "pull requests are refused", "拉取請求將被拒絕"),
    # spec: C D.3.2
    "leg.protocol.soap_version": Effect(_HIGH, "the other side does not understand the envelope", "對方無法解讀訊息封套"),
    "leg.protocol.security.protocol_version": Effect(_HIGH, "connections are refused, or made with older TLS than one side thinks", "連線將被拒絕，或使用比一方所想更舊的 TLS"),
    "leg.protocol.add_actor_or_role_attribute": Effect(_MEDIUM, "intermediaries may not take the message", "中介節點可能不接受訊息"),
    # spec: C D.3.3
    **{f"leg.business_info.{name}": Effect(_HIGH, *_REFUSED) for name in ("service", "service_type", "action")},
    "leg.business_info.properties": Effect(_MEDIUM, "messages without a property that one side requires are refused", "缺少一方必要屬性的訊息將被拒收"),
    "leg.business_info.payload_profile": Effect(_MEDIUM, "payloads that one side does not expect are refused", "一方未預期的附件將被拒收"),
    "leg.business_info.payload_profile_max_size": Effect(_MEDIUM, *_OWN_LIMIT),
    "leg.business_info.mpc": Effect(_HIGH, "messages lie in a channel that nobody looks into, or are refused", "訊息置於無人查看的通道，或遭拒收"),
    "leg.business_info.sub_mpc_ext": Effect(_HIGH, "messages lie in a channel that nobody looks into", "訊息置於無人查看的通道"),
    # spec: C D.3.4
    f"{_REPORT}sender_errors_to": Effect(_LOW, *_NOTICE),
    f"{_REPORT}receiver_errors_to": Effect(_HIGH, "errors go to whoever listens at another address", "錯誤訊息將送往另一位址的接收者"),
    f"{_REPORT}as_response": Effect(_MEDIUM, "the sender waits for errors in another place than they come", "傳送方等候錯誤訊息之處與其送達之處不同"),
    f"{_REPORT}process_error_notify_consumer": Effect(_LOW, *_NOTICE),
    f"{_REPORT}process_error_notify_producer": Effect(_LOW, *_NOTICE),
    f"{_REPORT}delivery_failures_notify_producer": Effect(_LOW, *_NOTICE),
    f"{_REPORT}missing_receipt_notify_producer": Effect(_LOW, *_NOTICE),
    # spec: C D.3.5
    "leg.reliability.at_least_once": Effect(_MEDIUM, *_UNUSED),
    "leg.reliability.at_most_once": Effect(_MEDIUM, *_UNUSED),
    "leg.reliability.in_order": Effect(_MEDIUM, *_UNUSED),
    # spec: C D.3.6
    "leg.security.wss_version": Effect(_MEDIUM, "the other side may refuse the security header", "對方可能拒絕安全標頭"),
    f"{_X509}sign": Effect(_HIGH, "unsigned messages are refused; or nobody can prove who sent them", "未簽章的訊息將被拒收，或無法證明傳送者"),
    f"{_X509}signature.hash_function": Effect(_HIGH, *_VERIFY),
    f"{_X509}signature.algorithm": Effect(_HIGH, *_VERIFY),
    f"{_X509}encryption.encrypt": Effect(_HIGH, "unencrypted messages are refused; or content travels readable", "未加密的訊息將被拒收，或內容以明文傳送"),
    f"{_X509}encryption.algorithm": Effect(_HIGH, *_DECRYPT),
    f"{_X509}encryption.minimum_strength": Effect(_MEDIUM, "weaker keys are taken by one side and refused by the other", "較弱的金鑰一方接受而另一方拒絕"),
    "leg.security.username_token.username": Effect(_HIGH, "the other side refuses the user", "對方將拒絕該使用者"),
    "leg.security.username_token.password": Effect(_HIGH, "the other side refuses the user", "對方將拒絕該使用者"),
    "leg.security.username_token.digest": Effect(_HIGH, "pull requests are refused, or the password travels readable", "拉取請求將被拒絕，或密碼以明文傳送"),
    "leg.security.pmode_authorize": Effect(_HIGH, "pull requests are refused, or anybody's are answered", "拉取請求將被拒絕，或任何人的請求都會得到回應"),
    "leg.security.send_receipt.send": Effect(_HIGH, "the sender waits for a receipt that never comes, sends again and fails", "傳送方等候不會送達的回執，重送後失敗"),
    "leg.security.send_receipt.non_repudiation": Effect(_HIGH, "the receipt does not prove what was received", "回執無法證明收到的內容"),
    "leg.security.send_receipt.reply_pattern": Effect(_MEDIUM, "the sender waits for the receipt in another place than it comes", "傳送方等候回執之處與其送達之處不同"),
    "leg.security.send_receipt.reply_to": Effect(_HIGH, "receipts go to whoever listens at another address", "回執將送往另一位址的接收者"),
    # spec: A 3.1, A 3.2
    "leg.payload_service.compression_type": Effect(_MEDIUM, "a side that does not expect compression may not read payloads", "未預期壓縮的一方可能無法讀取附件"),
    "leg.reception_awareness.enabled": Effect(_HIGH, "lost messages are not noticed", "遺失的訊息不會被發現"),
    "leg.reception_awareness.retry": Effect(_MEDIUM, "a message that fails once is not sent again", "失敗一次的訊息不會重送"),
    "leg.reception_awareness.retry_parameters": Effect(_LOW, *_OWN_RETRY),
    "leg.reception_awareness.duplicate_detection": Effect(_HIGH, "a message that is sent again is delivered twice", "重送的訊息會被交付兩次"),
    "leg.reception_awareness.detect_duplicates_parameters": Effect(
        _MEDIUM, "a message that is sent again after the window is delivered twice", "逾期重送的訊息會被交付兩次"),
    # spec: P2 3, P2 4
    "leg.bundling.policy": Effect(_MEDIUM, "bundles are refused by the side that does not know them", "不支援合併的一方將拒收"),
    "leg.splitting": Effect(_HIGH, "fragments are refused by the side that does not join them", "不支援重組的一方將拒收分段"),
    # what no standard names
    "leg.x.signature.key_identifier": Effect(_MEDIUM, *_NAMED_KEY),
    "leg.x.encryption.key_identifier": Effect(_MEDIUM, *_NAMED_KEY),
    "leg.x.encryption.key_transport": Effect(_HIGH, *_DECRYPT),
    "leg.x.encryption.digest": Effect(_HIGH, *_DECRYPT),
    "leg.x.encryption.mgf": Effect(_HIGH, *_DECRYPT),
    "leg.x.encryption.kdf": Effect(_HIGH, *_DECRYPT),
    "leg.x.inbound.allowed_algorithms": Effect(_MEDIUM, "algorithms are taken by one side that the other did not agree to", "一方接受另一方未同意的演算法"),
    "leg.x.http.connect_timeout": Effect(_LOW, *_OWN_TIME),
    "leg.x.http.read_timeout": Effect(_LOW, *_OWN_TIME),
    "leg.x.http.connections": Effect(_LOW, "only how many messages travel at a time", "僅影響同時傳送的訊息數"),
    **{f"leg.x.retry.{name}": Effect(_LOW, *_OWN_RETRY) for name in (
        "max_retries", "period", "intervals", "factor", "cap", "jitter", "horizon", "receipt", "refused")},
    **{f"leg.x.time.{name}": Effect(_MEDIUM, "late messages, or those of a clock that is wrong, are refused or flagged by one side alone", "僅一方拒收或標示逾時或時鐘有誤的訊息") for name in (
        "max_age", "max_ahead", "action")},
    "leg.x.time.max_apart": Effect(_LOW, "only from when on one side is told that the clocks differ", "僅影響時鐘相差多少時提醒一方"),
    "leg.x.pull.interval": Effect(_LOW, "only how often the receiver looks", "僅影響接收方查看的頻率"),
    "leg.x.sync.wait": Effect(_LOW, "only how long a connection stays open for an answer", "僅影響連線等待回覆的時間"),
    **{f"leg.x.payload.{name}": Effect(_MEDIUM, *_OWN_LIMIT) for name in ("max_total", "max_inflated", "max_ratio", "max_parts")},
    "leg.x.onboarding.required": Effect(_MEDIUM, "decides whether business begins before all gates are passed", "決定各關卡未全數通過前可否開始業務"),
}
# fmt: on

#: For a key that the table does not know: better asked once too often.
UNKNOWN: Final = Effect(Risk.MEDIUM, "what it does is not known here: ask", "影響未知：請洽詢")


def effect_of(key: str) -> Effect:
    """The effect of a key; of a key below one that is known, that one's."""
    while key:
        if key in EFFECTS:
            return EFFECTS[key]
        key = key.rpartition(".")[0]
    return UNKNOWN
