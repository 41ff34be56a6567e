"""The words of the report around the sentences of the checks, in English and in Traditional Chinese."""

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, tuple[str, str]]

LABELS: Final[Words] = {
    "title": ("Evidence of an exchange between customs administrations", "海關間電子交換之證據"),
    "made": ("Made", "製作時間"),
    "by": ("by", "製作者"),
    "log": ("Log", "紀錄簿"),
    "message": ("Message", "訊息"),
    "partner": ("Partner", "夥伴"),
    "direction": ("Direction", "方向"),
    "in": ("received from the partner", "自夥伴收到"),
    "out": ("sent to the partner", "送交夥伴"),
    "written": ("Time that the sender wrote into it", "發送方自載之時間"),
    "from": ("From", "發送方"),
    "to": ("To", "接收方"),
    "service": ("Service and action", "服務與動作"),
    "conversation": ("Conversation", "會話"),
    "when": ("What happened when", "經過與時間"),
    "entry": ("Entry", "紀錄"),
    "fact": ("Fact", "事實"),
    "at": ("By the clock of the node", "節點時鐘"),
    "offset": ("Offset of that clock", "時鐘偏差"),
    "before": ("Existed before, says a time-stamp authority", "時戳機構證實於此前已存在"),
    "payloads": ("What was carried", "所載內容"),
    "name": ("Name", "名稱"),
    "size": ("Octets", "位元組"),
    "absent": ("not in this copy", "不在本副本內"),
    "six": ("The receipt, in six checks", "回執之六項檢查"),
    "signatures": ("The signatures", "簽章"),
    "proves": ("What this proves", "所證明者"),
    "not": ("What it does not prove", "未證明者"),
    "acts": ("Who acts", "何人應處置"),
    "whole": ("The bundle as a whole", "證據包整體"),
    "anchors": ("On whom all of this rests", "一切所依據者"),
    "anchors-why": (
        "Every signature leads to one of these certificates. They came with the bundle, so they prove nothing by themselves: ask their holders for the fingerprints by another way, and compare.",
        "所有簽章均可追溯至下列憑證之一。其隨證據包而來，不能自我證明：請以其他途徑向持有者索取指紋並核對。",
    ),
    "whose": ("Of", "屬於"),
    "subject": ("Certificate", "憑證"),
    "fingerprint": ("SHA-256 fingerprint", "SHA-256 指紋"),
    "node": ("the node that made this", "製作本檔之節點"),
    "time": ("the time-stamp authority", "時戳機構"),
    "self": ("Check it yourself, with nothing of ours", "自行查驗，無須使用本方之任何軟體"),
    "self-why": (
        "Unpack the bundle (unzip FILE -d folder) on a Linux machine with OpenSSL 3, go into the folder, and type the commands below from top to bottom in one shell. Each prints ok or FAILS. The first block only prepares the others.",
        "於具備 OpenSSL 3 之 Linux 電腦上解開證據包（unzip 檔案 -d 資料夾），進入該資料夾，於同一命令列由上而下輸入下列命令。各命令顯示 ok 或 FAILS。第一段僅為準備。",
    ),
    "self-few": (
        "The commands of the first {most} exchanges are written out; for the others they differ in their names and numbers alone.",
        "僅列出前 {most} 筆交換之命令；其餘僅名稱與編號不同。",
    ),
    "prepare": ("Preparation", "準備"),
    "step": ("check {step} of the receipt", "回執檢查之第 {step} 項"),
    "seal-later": (
        "The container and its seal were made after this report, so it cannot tell of them; the commands at the end, or any validator of XAdES, can.",
        "容器及其封緘於本報告完成後始製作，故本報告無法載明；可以文末命令或任何 XAdES 驗證工具查驗。",
    ),
    "beginning": ("the beginning", "最初"),
    "scope-messages": (
        "It is about {count} that whoever made it has chosen. What else was exchanged it does not tell.",
        "本檔涵蓋製作者所選之訊息 {count}；其餘交換，本檔並未載明。",
    ),
    "scope-time": (
        "It is about what the log tells of messages exchanged with {partner} from {since} up to {until}: {count}. That there were no others cannot be seen from it: that is the word of whoever made it.",
        "本檔涵蓋紀錄簿所載、自 {since} 起至 {until} 前與 {partner} 交換之訊息，計 {count}。其間別無其他訊息一事，無從自本檔得知：僅憑製作者所述。",
    ),
    "one": ("{many} message", "{many} 筆"),
    "many": ("{many} messages", "{many} 筆"),
    "utc": (
        "All times are in UTC, except where a sender wrote another into a message.",
        "所有時間均為世界協調時間（UTC），較臺北時間慢 8 小時；發送方於訊息內自載者，依其所載。",
    ),
    "reading": (
        "This report helps to read the files beside it. They are the evidence; where it and they differ, they count.",
        "本報告僅供閱讀同檔其他檔案之用。該等檔案方為證據；兩者如有出入，以檔案為準。",
    ),
    "unknown-offset": ("nobody had asked a reference", "未曾查詢參考時鐘"),
    "ahead": (
        "{ms} ms ahead of {source}, within {within} ms, asked at {at}",
        "較 {source} 快 {ms} 毫秒，誤差 {within} 毫秒，查詢於 {at}",
    ),
    "behind": (
        "{ms} ms behind {source}, within {within} ms, asked at {at}",
        "較 {source} 慢 {ms} 毫秒，誤差 {within} 毫秒，查詢於 {at}",
    ),
    "time-stale": (
        "it says of itself that it is of {timestamp}, {seconds} s before it came: more than was agreed",
        "其自載時間為 {timestamp}，早於到達時間 {seconds} 秒，逾約定範圍",
    ),
    "time-ahead": (
        "it says of itself that it is of {timestamp}, {seconds} s after it came by the clock of the node: more than was agreed",
        "其自載時間為 {timestamp}，依節點時鐘晚於到達時間 {seconds} 秒，逾約定範圍",
    ),
    "time-unreadable": ("it says of itself that it is of {timestamp}, which is no time", "其自載時間為 {timestamp}，並非時間"),
    "no-stamp": ("no time-stamp yet", "尚無時戳"),
    "ok": ("holds", "成立"),
    "bad": ("FAILS", "不成立"),
    "note": ("note", "附註"),
    "redacted": ("Payloads were left out of this copy; their digests stand for them.", "本副本略去附件內容，以其雜湊值代之。"),
    "commands-elsewhere": (
        "The commands by which all of this can be checked stand in report.en.html beside this page.",
        "可據以逐項查驗之命令，載於同檔之 report.zh-Hant.html。",
    ),
    "english-only": (
        "This page is in English alone: no font with Chinese characters was at hand where it was made. The page report.zh-Hant.html beside it says the same in Chinese.",
        "本頁僅有英文：製作時無中文字型可用。同檔之 report.zh-Hant.html 為中文版。",
    ),
}

KINDS: Final[Words] = {
    "message.received": ("the message was verified and accepted", "訊息經驗證並接受"),
    "message.packaged": ("the message was signed; what goes out are these octets", "訊息簽章完成；送出者即為此內容"),
    "message.attempted": ("an attempt to send it", "嘗試傳送"),
    "message.acknowledged": ("the receipt of the partner was verified", "夥伴之回執經驗證"),
    "message.failed": ("it was given up, or refused", "放棄傳送，或遭拒絕"),
    "message.delivered": ("the national side has it", "已交付國內系統"),
    "act": ("somebody acted by hand", "人工處置"),
    "evidence.retrieved": ("somebody looked the evidence up", "調閱證據"),
    "evidence.purged": ("a rule removed octets, which stay named", "依規則移除內容，仍存其名"),
}

CHECKS: Final[Words] = {
    "container": ("The container", "容器"),
    "files": ("The files", "檔案"),
    "entries": ("The entries", "紀錄"),
    "inclusion": ("Each entry is in the log", "各紀錄均在紀錄簿內"),
    "consistency": ("The log was only continued", "紀錄簿僅有延續"),
    "checkpoints": ("The checkpoints", "檢查點"),
    "tokens": ("The time-stamps", "時戳"),
    "signatures": ("The messages", "訊息"),
    "receipts": ("The receipts", "回執"),
    "seal": ("The seal", "封緘"),
}

#: For each outcome: the heading, what it proves, what it does not, who acts.
OUTCOMES: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str], tuple[str, str]]]] = {
    "delivered": (
        ("Delivered and provable.", "已送達，且可證明。"),
        (
            "The node of {partner} received exactly these octets and signed for them, at the latest at the time of the receipt.",
            "{partner} 之節點至遲於回執所載時間，已收到與此完全相同之內容並簽章確認。",
        ),
        (
            "It does not prove that officers of {partner} read, understood or accepted the content.",
            "不證明 {partner} 之人員已閱讀、理解或接受其內容。",
        ),
        ("Nobody needs to act.", "無須處置。"),
    ),
    "doubtful": (
        ("Acknowledged, and the receipt does not hold.", "雖有回執，惟不成立。"),
        (
            "We signed these octets for {partner}, and something came back; the check that fails says what is wrong with it.",
            "本方曾為 {partner} 簽署此內容，且有回應；不成立之檢查載明其瑕疵。",
        ),
        (
            "It does not prove that {partner} received the message. Do not treat it as delivered.",
            "不證明 {partner} 已收到訊息。請勿視為已送達。",
        ),
        ("The security officer, with the partner's.", "資安人員，會同夥伴之資安人員。"),
    ),
    "waiting": (
        ("Sent, and not acknowledged.", "已送出，未獲確認。"),
        (
            "We signed these octets for {partner}. When, and when it tried to send them, the log of this node says; each attempt is listed above.",
            "本方曾為 {partner} 簽署此內容。簽署及歷次嘗試傳送之時間，係依本節點紀錄簿所載，列於上表。",
        ),
        (
            "It does not prove that anything arrived at {partner}, nor that no receipt came: an entry may have been left out.",
            "不證明有任何內容到達 {partner}，亦不證明未有回執：紀錄可能遭略去。",
        ),
        ("The operator asks {partner} whether it has the message.", "由操作人員向 {partner} 查詢是否收到。"),
    ),
    "refused": (
        ("Not delivered: it was given up, or refused.", "未送達：已放棄傳送，或遭拒絕。"),
        (
            "We signed these octets for {partner}, and no receipt for them is here.",
            "本方曾為 {partner} 簽署此內容，此處無其回執。",
        ),
        (
            "It does not prove that no copy of it lies with {partner}: an answer may have been lost, or left out of this copy.",
            "不證明 {partner} 處無其副本：回應可能遺失，或未列入本副本。",
        ),
        ("The operator decides whether it is sent anew.", "由操作人員決定是否重新送出。"),
    ),
    "received": (
        ("Received, signed by the partner.", "已收到，並有夥伴之簽章。"),
        (
            "{partner} signed exactly these octets, and this node gave a receipt for them where one is listed among the signatures; that it had them at the time above, its log says.",
            "{partner} 曾就此內容簽章；本節點於簽章部分列有回執者，已給予該回執；其於上列時間持有之，係依本節點紀錄簿所載。",
        ),
        (
            "It does not prove when {partner} wrote it, nor that what it says is so.",
            "不證明 {partner} 何時撰寫，亦不證明其所述屬實。",
        ),
        ("No action is needed.", "不需任何處置。"),
    ),
    "recorded": (
        ("Acknowledged; the message itself is no longer here.", "已獲確認；訊息本身已不在此。"),
        (
            "{partner} signed a receipt for octets of the digests that it lists; the log has the same digests for this message.",
            "{partner} 曾就所列雜湊值之內容簽署回執；紀錄簿就本訊息所載雜湊值與之相同。",
        ),
        (
            "It does not prove what the message said, unless somebody has octets of these digests.",
            "不證明訊息之內容，除非有人持有與該等雜湊值相符之內容。",
        ),
        ("Nobody has to act.", "無須任何處置。"),
    ),
    "told": (
        ("Told by the log of this node alone.", "僅憑本節點之紀錄簿所載。"),
        ("That the log of the node tells so, and was not changed since.", "僅證明本節點之紀錄簿如此記載，其後未經更改。"),
        (
            "It does not prove that {partner} had any part in it: no signed message is here.",
            "不證明 {partner} 曾參與其事：此處無經簽章之訊息。",
        ),
        (
            "Nobody needs to act; whoever needs the proof asks {partner} for its copy.",
            "無須處置；需證明者向 {partner} 索取其副本。",
        ),
    ),
    "unsound": (
        ("A signature of the message does not hold.", "訊息之簽章不成立。"),
        ("That the log holds these octets under this number.", "僅證明紀錄簿於此編號下存有此內容。"),
        ("It does not prove who wrote them.", "不證明係何人所為。"),
        ("The security officer keeps all copies and compares them.", "由資安人員保全所有副本並比對。"),
    ),
}


def label(name: str, zh: int) -> str:
    """A label of the report."""
    return LABELS[name][zh]
