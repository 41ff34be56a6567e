"""The sentences of the checks, in English and in Traditional Chinese; each says what was found, and where it fails, what follows and who acts."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "zh-Hant")
Sentences = Mapping[str, tuple[str, str]]

GOOD: Final[Sentences] = {
    "container.good": (
        "The file is one container that can be read in one way only; it holds {files} files.",
        "本檔案為單一容器，僅有一種讀法；內含 {files} 個檔案。",
    ),
    "files.good": (
        "All {count} files have the size and the digest that the manifest says; none is missing, none was added.",
        "全部 {count} 個檔案之大小與雜湊值均與清單相符；無缺漏，亦無增加。",
    ),
    "entries.good": (
        "All {count} entries of the log are well formed, and everything they name is here or is listed as absent.",
        "全部 {count} 筆紀錄格式正確，其所指之內容或在本檔內，或已列為缺席。",
    ),
    "inclusion.good": (
        "All {count} entries are proven to stand in the log under a signed checkpoint, each at its number.",
        "全部 {count} 筆紀錄均經證明，以其編號列於已簽章檢查點所涵蓋之紀錄簿中。",
    ),
    "consistency.good": (
        "Each of the {count} checkpoints is proven to continue the one before: nothing in the log was changed between them.",
        "{count} 個檢查點均經證明為前一檢查點之延續：其間紀錄簿未被更改。",
    ),
    "consistency.single": (
        "There is {count} checkpoint, so no two need to agree.",
        "檢查點共 {count} 個，無須互相比對。",
    ),
    "checkpoints.good": (
        "The checkpoint over the first {size} entries was signed by {subject}, whose certificate was valid at its time, {at}.",
        "涵蓋前 {size} 筆紀錄之檢查點由 {subject} 簽章，其憑證於當時（{at}）有效。",
    ),
    "tokens.good": (
        "The time-stamp authority {authority} confirms that the checkpoint over the first {size} entries existed at {time}. Its token can be verified until {until}.",
        "時戳機構 {authority} 證實：涵蓋前 {size} 筆紀錄之檢查點於 {time} 已存在。該時戳可驗證至 {until}。",
    ),
    "tokens.renewed": (
        "The time-stamp authority {authority} confirms that the checkpoint over the first {size} entries existed at {time}. The token was renewed {number} times, each time before it aged; the last can be verified until {until}.",
        "時戳機構 {authority} 證實：涵蓋前 {size} 筆紀錄之檢查點於 {time} 已存在。時戳曾更新 {number} 次，均在失效之前；最後一個可驗證至 {until}。",
    ),
    "signatures.received": (
        "Message {message} of {partner} (entry {number}) bears the valid signature of {subject} over its header, which says that it is from {party} and of {written}, its body and its payloads ({parts}).",
        "{partner} 之訊息 {message}（紀錄 {number}）帶有 {subject} 之有效簽章，涵蓋標頭（載明發送方為 {party}，時間為 {written}）、本文及其附件（{parts} 個）。",
    ),
    "signatures.packaged": (
        "Message {message} to {partner} (entry {number}) bears our valid signature, by {subject}, over its header, which says that it is to {party} and of {written}, its body and its payloads ({parts}).",
        "致 {partner} 之訊息 {message}（紀錄 {number}）帶有本方 {subject} 之有效簽章，涵蓋標頭（載明接收方為 {party}，時間為 {written}）、本文及其附件（{parts} 個）。",
    ),
    "signatures.receipt-good": (
        "The receipt that we gave {partner} for message {message} (entry {number}) is signed by {subject} and repeats every digest of the message.",
        "本方就訊息 {message} 給予 {partner} 之回執（紀錄 {number}）由 {subject} 簽章，並重述該訊息之全部雜湊值。",
    ),
    "receipt.1.good": (
        "The receipt refers to this message: it names {ref}, which is the identifier of the message that we sent.",
        "回執所指即為本訊息：其載明 {ref}，與本方所送訊息之識別碼相同。",
    ),
    "receipt.1.recorded": (
        "The receipt refers to this message: it names {ref}, the identifier under which the log recorded the message when it was signed. The message itself was removed by a rule since.",
        "回執所指即為本訊息：其載明 {ref}，與簽署當時日誌所記之識別碼相同。訊息本身其後已依規則清除。",
    ),
    "receipt.2.good": (
        "The signature of the receipt is valid: the key of {subject} made it over the receipt as it is here.",
        "回執之簽章有效：係以 {subject} 之金鑰就本檔所載回執簽署。",
    ),
    "receipt.3.good": (
        "Its signer is the agreed partner: {subject} is the certificate that the entry names as that of {partner} for this message.",
        "簽署者為約定之夥伴：{subject} 即為紀錄所載 {partner} 就本訊息之憑證。",
    ),
    "receipt.4.good": (
        "The certificate of the signer was valid when the receipt came, {at}: {issuer} had issued it until {until}, and it was not revoked.",
        "回執到達時（{at}）簽署者之憑證有效：由 {issuer} 簽發，效期至 {until}，且未被廢止。",
    ),
    "receipt.4.silent": (
        "The certificate of the signer was valid when the receipt came, {at}: {issuer} had issued it until {until}. Nothing in the bundle tells that it was revoked, and nothing that it was not.",
        "回執到達時（{at}）簽署者之憑證有效：由 {issuer} 簽發，效期至 {until}。本檔內無資料顯示其已被廢止，亦無資料證明其未被廢止。",
    ),
    "receipt.5.good": (
        "The digests are equal: the receipt lists {count}, and each is the one that we signed; none is missing, none is there beside them.",
        "雜湊值相符：回執列出 {count} 個，各與本方所簽者相同；無缺漏，亦無多列。",
    ),
    "receipt.5.recorded": (
        "The digests are equal: the receipt lists {count}, and each is the one that the log recorded when the message was signed; none is missing, none is there beside them. The message itself was removed by a rule since.",
        "雜湊值相符：回執列出 {count} 個，各與簽署訊息當時日誌所記者相同；無缺漏，亦無多列。訊息本身其後已依規則清除。",
    ),
    "receipt.6.good": (
        "By the clock of the node alone the receipt came in time: it was here at {at}, and it was due by {due}, as the entry has it. No time-stamp of before then shows it.",
        "僅憑本節點之時鐘，回執如期到達：於 {at} 收到，紀錄所載期限為 {due}；無期限前之時戳可資證明。",
    ),
    "receipt.6.none": (
        "The entry states no time by which the receipt had to come; by the clock of the node it was here at {at}.",
        "紀錄未載回執期限；依本節點之時鐘，回執於 {at} 收到。",
    ),
    "seal.good": (
        "The seal over all {files} files holds; {subject} made it. Only the sealer says that it was at {claimed}.",
        "涵蓋全部 {files} 個檔案之封緘有效，由 {subject} 製作；其時間（{claimed}）僅為封緘者所稱。",
    ),
    "seal.stamped": (
        "The seal over all {files} files holds; {subject} made it, and a time-stamp authority confirms that it existed at {time}.",
        "涵蓋全部 {files} 個檔案之封緘有效，由 {subject} 製作；時戳機構證實其於 {time} 已存在。",
    ),
    "receipt.6.stamped": (
        "The receipt came in time: a time-stamp authority says that it was here at {time}, and it was due by {due}, as the entry has it.",
        "回執如期到達：時戳機構證實其於 {time} 已在此，紀錄所載期限為 {due}。",
    ),
    "signatures.refusal-good": (
        "The answer of {partner} to message {message} (entry {number}), {code}, bears the valid signature of {subject}.",
        "{partner} 就訊息 {message} 之回應（紀錄 {number}，{code}）帶有 {subject} 之有效簽章。",
    ),
}

NOTES: Final[Sentences] = {
    "entries.absent": (
        "{redacted} objects were left out of this copy, and {purged} were removed by a rule of retention before. Their digests are here, so that whoever has the octets can show that they are the ones.",
        "本副本略去 {redacted} 項內容，另有 {purged} 項先前已依保存規則移除。其雜湊值仍在此，持有原內容者得據以證明其為原件。",
    ),
    "tokens.none": (
        "No time-stamp authority has stamped the checkpoint over the first {size} entries: only the clock of this node says when it was made.",
        "尚無時戳機構為涵蓋前 {size} 筆紀錄之檢查點加蓋時戳：其時間僅憑本節點之時鐘。",
    ),
    "signatures.absent": (
        "The envelope of message {message} with {partner} (entry {number}) is not in this copy, so its signature was not looked at.",
        "本副本不含與 {partner} 間訊息 {message} 之信封（紀錄 {number}），故未驗其簽章。",
    ),
    "signatures.ahead": (
        "Entry {number} says that it is of {at}, and what {partner} signed says that it was written at {written}: by one of the two clocks the time is unproven.",
        "紀錄 {number} 自稱為 {at}，而 {partner} 所簽之內容自載時間為 {written}：兩時鐘之一有誤，時間未獲證明。",
    ),
    "signatures.none": (
        "Of message {message} with {partner} no signed message is here: that it was sent or received is unproven.",
        "與 {partner} 間之訊息 {message}，此處無經簽章之訊息：其曾送出或收到一事未獲證明。",
    ),
    "signatures.receipt-absent": (
        "The receipt that we gave {partner} for message {message} (entry {number}) cannot be compared: it or the envelope is not in this copy.",
        "本方就訊息 {message} 給予 {partner} 之回執（紀錄 {number}）無法比對：該回執或信封不在本副本內。",
    ),
    "entries.told": (
        "Only the node that wrote the entries says at which times they were written, how far its clock was off, over which connections (addresses, TLS, heads of HTTP) messages went, what had been agreed, and that the national side has a message. No check proves these, nor that the node kept no other log of this name.",
        "各紀錄之時間、時鐘偏差、所經連線（位址、TLS、HTTP 標頭）、約定內容及已交付國內系統一事，僅憑寫入紀錄之節點所稱，無任何檢查可證；亦無從證明該節點未另存同名之紀錄簿。",
    ),
    "entries.partial": (
        "The log has {size} entries under the last checkpoint, and {count} of them are here. Nothing shows that none of the others is about these messages: a receipt or a refusal may have been left out.",
        "最後檢查點涵蓋之紀錄簿共 {size} 筆，本檔載有 {count} 筆。無從證明其餘均與本檔訊息無關：回執或拒絕可能遭略去。",
    ),
    "entries.late": (
        "Entry {number} says that it is of {at}, and it was under a checkpoint or a time-stamp by {there}: the time that it says is unproven.",
        "紀錄 {number} 自稱為 {at}，惟其於 {there} 已在檢查點或時戳之下：其所稱時間未獲證明。",
    ),
    "signatures.shared": (
        "{subject} is an anchor of more than one side. That a certificate under it is the partner's or the authority's, and not the node's own, only the name in it says: compare the names.",
        "{subject} 為多方共同之信任錨。其下憑證屬於夥伴或時戳機構而非本節點，僅憑憑證所載名稱：請核對名稱。",
    ),
    "signatures.payload-untold": (
        "{name} (entry {number}) is not in this copy, and was signed in another form or by another digest than the one named: whether it is what was signed is unproven.",
        "{name}（紀錄 {number}）不在本副本內，且係以他種形式或雜湊演算法簽章：是否即為當時所簽，未獲證明。",
    ),
    "signatures.refusal-untold": (
        "That {partner} refused message {message} with {code} (entry {number}) is unproven: no signed answer is here, and only the node says so.",
        "{partner} 以 {code} 拒絕訊息 {message}（紀錄 {number}）未獲證明：此處無經簽章之回應，僅為本節點所稱。",
    ),
    "seal.reports": (
        "The reports in the bundle were written by whoever made it, and no check reads them: where they and the files differ, the files count.",
        "本檔所附報告由製作者撰寫，未經任何檢查：兩者如有出入，以檔案為準。",
    ),
}

BAD: Final[Sentences] = {
    "container.unreadable": (
        "The file is no container that can be read in one way only: {why}. Nothing in it was looked at. Ask whoever sent it for another copy.",
        "本檔案並非僅有一種讀法之容器：{why}。未檢視其內容。請向交付者另索副本。",
    ),
    "container.sum": (
        "The file is not as it was written: {why}. It was damaged, or packed anew; what the other checks say tells whether its content was touched.",
        "本檔案已非寫成時之原貌：{why}。可能受損或經重新封裝；內容是否被更動，視其他檢查而定。",
    ),
    "container.name": (
        "The file {name} has no place in a bundle of evidence: somebody put it there.",
        "檔案 {name} 不屬於證據包：係由他人置入。",
    ),
    "container.manifest": (
        "The manifest, which says what is in the bundle and whose signatures count, cannot be read: {why}. The checks that rest on it were not made.",
        "無法讀取說明內容及採信何人簽章之清單：{why}。依賴清單之檢查均未進行。",
    ),
    "files.missing": (
        "The file {name} is missing: the manifest lists it, and it is not here.",
        "缺少檔案 {name}：清單列有該檔，惟不在此。",
    ),
    "files.changed": (
        "The file {name} was changed: the manifest says {listed}, its octets have {digest}.",
        "檔案 {name} 已被更改：清單所載為 {listed}，實際為 {digest}。",
    ),
    "files.extra": (
        "The file {name} was added: the manifest does not list it.",
        "檔案 {name} 係後來加入：清單未列該檔。",
    ),
    "entries.object": (
        "{name} does not hold the octets after which it is named: it has the digest {digest}.",
        "{name} 之內容與其檔名所示不符：實際雜湊值為 {digest}。",
    ),
    "entries.form": (
        "{name} is no entry of the log as the format has it: {why}.",
        "{name} 不符紀錄之格式：{why}。",
    ),
    "entries.missing": (
        "{name} names {what} ({digest}), which is neither here nor listed as absent: part of the evidence was taken away.",
        "{name} 所指之 {what}（{digest}）不在此，亦未列為缺席：部分證據已被取走。",
    ),
    "entries.gone": (
        "Entry {number} about message {message} is not here: part of the story was left out.",
        "關於訊息 {message} 之紀錄 {number} 不在此：部分經過已被略去。",
    ),
    "entries.other": (
        "Entry {number} is listed for message {message} and is about another one.",
        "紀錄 {number} 列於訊息 {message} 之下，惟其內容係關於他訊息。",
    ),
    "entries.unlisted": (
        "Entry {number} is about message {message}, and the manifest does not list it there.",
        "紀錄 {number} 係關於訊息 {message}，惟清單未將其列入。",
    ),
    "entries.scope": (
        "Message {message} was exchanged with {partner}, and the manifest says that it holds those of another partner.",
        "訊息 {message} 之夥伴為 {partner}，而清單稱其所載者為另一夥伴之訊息。",
    ),
    "entries.signer": (
        "The manifest names the certificate {digest} as one that counts, and it is not here.",
        "清單指明採信之憑證 {digest} 不在此。",
    ),
    "inclusion.missing": (
        "Nothing proves that entry {number} stands in the log.",
        "無任何證明顯示紀錄 {number} 列於紀錄簿中。",
    ),
    "inclusion.form": (
        "The proof for entry {number} is not of the form of a proof, or is for another entry.",
        "紀錄 {number} 之證明格式不符，或屬於他筆紀錄。",
    ),
    "inclusion.no-checkpoint": (
        "The proof for entry {number} leads to a checkpoint that is not here.",
        "紀錄 {number} 之證明所指向之檢查點不在此。",
    ),
    "inclusion.bad": (
        "Entry {number} is not in the log of which the checkpoint was taken: it was changed, moved or put in later. Do not rely on what it says.",
        "紀錄 {number} 不在檢查點所涵蓋之紀錄簿中：已被更改、移動或事後置入。請勿採信其內容。",
    ),
    "consistency.missing": (
        "Nothing proves that the log of {size} entries continues that of {before}.",
        "無任何證明顯示 {size} 筆之紀錄簿為 {before} 筆之延續。",
    ),
    "consistency.form": (
        "The proof that {size} entries continue {before} is not of the form of one.",
        "{size} 筆延續 {before} 筆之證明格式不符。",
    ),
    "consistency.bad": (
        "The log of {size} entries does not continue that of {before}: between the two checkpoints entries were changed or taken out.",
        "{size} 筆之紀錄簿並非 {before} 筆之延續：兩檢查點之間曾有紀錄被更改或移除。",
    ),
    "checkpoints.none": (
        "There is no checkpoint: nobody has signed for what the log was.",
        "無檢查點：無人就紀錄簿之狀態簽章。",
    ),
    "checkpoints.form": (
        "The checkpoint over the first {size} entries is not of its form: {why}.",
        "涵蓋前 {size} 筆紀錄之檢查點格式不符：{why}。",
    ),
    "checkpoints.size": (
        "The checkpoint of {size} entries says of itself that it has {told}.",
        "名為 {size} 筆之檢查點自稱涵蓋 {told} 筆。",
    ),
    "checkpoints.log": (
        "The checkpoint over {size} entries is of another log: {log}.",
        "涵蓋 {size} 筆紀錄之檢查點屬於另一紀錄簿：{log}。",
    ),
    "checkpoints.future": (
        "The checkpoint over {size} entries says that it was made at {at}, which has not come.",
        "涵蓋 {size} 筆紀錄之檢查點自稱作成於 {at}，該時尚未到來。",
    ),
    "checkpoints.unsigned": (
        "The checkpoint over {size} entries has no signature.",
        "涵蓋 {size} 筆紀錄之檢查點未經簽章。",
    ),
    "checkpoints.signature": (
        "The signature of the checkpoint over {size} entries is not that of the node: {why}. Everything that rests on this checkpoint is unproven.",
        "涵蓋 {size} 筆紀錄之檢查點，其簽章並非該節點所為：{why}。依此檢查點之一切均屬未經證明。",
    ),
    "checkpoints.certificate": (
        "The certificate that signed the checkpoint over {size} entries may not be relied on at its time, {at}: {why}.",
        "簽署涵蓋 {size} 筆紀錄檢查點之憑證，於當時（{at}）不足採信：{why}。",
    ),
    "tokens.note-missing": (
        "A stamped note is missing in the row, so that what comes after it stands on nothing.",
        "時戳附註之序列有缺，其後者即失所據。",
    ),
    "tokens.note-form": (
        "A stamped note is not of its form: {why}.",
        "時戳附註格式不符：{why}。",
    ),
    "tokens.note-other": (
        "A stamped note is over another checkpoint or another signature than those that are here.",
        "時戳附註所涵蓋者，並非此處之檢查點或其簽章。",
    ),
    "tokens.note-row": (
        "A stamped note does not name exactly the tokens before it: one was left out, exchanged or put in.",
        "時戳附註所列並非恰為其前之全部時戳：有遭略去、調換或置入者。",
    ),
    "tokens.evidence": (
        "What an earlier token is verified by ({digest}) was stamped with it and is not here.",
        "驗證先前時戳所需之資料（{digest}）曾一併加蓋時戳，惟不在此。",
    ),
    "tokens.gap": (
        "Note {number} has no token, and a later one has: the row of time-stamps is broken.",
        "附註 {number} 無時戳，而其後者有：時戳序列中斷。",
    ),
    "tokens.bad": (
        "A time-stamp does not hold: {why}. When the checkpoint existed is not proven by it.",
        "時戳無效：{why}。不能據以證明檢查點存在之時間。",
    ),
    "tokens.future": (
        "A time-stamp is of {time}, which has not come.",
        "時戳所載時間為 {time}，該時尚未到來。",
    ),
    "tokens.late": (
        "A time-stamp was renewed too late: token {number} is of {time}, and the one before could then no longer be verified ({why}). The row of time-stamps is broken there.",
        "時戳更新過遲：第 {number} 個為 {time}，而其前一個當時已無法驗證（{why}）。時戳序列於此中斷。",
    ),
    "tokens.older": (
        "Token {number} is of {time}, before the one that it stands over, which is of {before}: one of the two authorities lies.",
        "第 {number} 個時戳為 {time}，早於其所涵蓋者（{before}）：兩機構之一所言不實。",
    ),
    "tokens.old": (
        "The last time-stamp over the first {size} entries, by {authority}, was not renewed before it aged ({why}). What it says can no longer be verified; the signatures stand for themselves.",
        "涵蓋前 {size} 筆紀錄之最後時戳（{authority}）於失效前未經更新（{why}）。其內容已無法驗證；各簽章仍自行成立。",
    ),
    "signatures.no-signer": (
        "Entry {number} names no certificate that is here for the signature of message {message} with {partner}.",
        "紀錄 {number} 未指明此處可用以驗證與 {partner} 間訊息 {message} 簽章之憑證。",
    ),
    "signatures.unreadable": (
        "The envelope of message {message} with {partner} (entry {number}) cannot be read as a signed message: {why}.",
        "與 {partner} 間訊息 {message} 之信封（紀錄 {number}）無法讀為已簽章之訊息：{why}。",
    ),
    "signatures.bad": (
        "The signature of message {message} with {partner} (entry {number}) is not that of {subject} over these octets: {why}. The message was changed, or somebody else signed it.",
        "與 {partner} 間訊息 {message}（紀錄 {number}）之簽章，並非 {subject} 就此內容所為：{why}。訊息已被更改，或由他人簽署。",
    ),
    "signatures.other": (
        "The envelope of entry {number} is of another message than {message} with {partner}.",
        "紀錄 {number} 之信封並非與 {partner} 間之訊息 {message}。",
    ),
    "signatures.payload-unnamed": (
        "A payload was signed that entry {number} does not name: {name}.",
        "已簽章之附件未列於紀錄 {number}：{name}。",
    ),
    "signatures.payload": (
        "The octets of {name} (entry {number}) are not those that were signed.",
        "{name}（紀錄 {number}）之內容並非當時所簽者。",
    ),
    "signatures.references": (
        "Entry {number} tells of other digests than those that {partner} signed in message {message}.",
        "紀錄 {number} 所載雜湊值，與 {partner} 於訊息 {message} 所簽者不同。",
    ),
    "signatures.certificate": (
        "The certificate that signed message {message} with {partner} (entry {number}) may not be relied on at that time: {why}.",
        "簽署與 {partner} 間訊息 {message}（紀錄 {number}）之憑證，於當時不足採信：{why}。",
    ),
    "signatures.receipt": (
        "The receipt that we gave {partner} for message {message} (entry {number}) does not hold: {why}.",
        "本方就訊息 {message} 給予 {partner} 之回執（紀錄 {number}）不成立：{why}。",
    ),
    "receipt.1.bad": (
        "The receipt is for another message: it names {ref}, we sent {own}. Do not treat this message as delivered. Act: the operator asks {partner} for the right receipt.",
        "回執係就另一訊息而發：其載明 {ref}，本方所送為 {own}。請勿視為已送達。處置：由操作人員向 {partner} 索取正確回執。",
    ),
    "receipt.1.unreadable": (
        "The receipt cannot be read ({why}), so it does not say for which message it is.",
        "回執無法讀取（{why}），故不知其為何訊息而發。",
    ),
    "receipt.1.no-message": (
        "The message is not here to compare with ({why}), so for which message the receipt is remains unproven.",
        "無從比對，因訊息不在此（{why}）；回執究為何訊息而發，未獲證明。",
    ),
    "receipt.2.bad": (
        "The signature of the receipt is not valid: {subject} did not make it over these octets ({why}). It was changed after signing, or forged. Act: the security officer keeps it and calls {partner}.",
        "回執之簽章無效：並非 {subject} 就此內容所簽（{why}）。簽署後遭更改，或係偽造。處置：由資安人員保全並聯絡 {partner}。",
    ),
    "receipt.2.no-certificate": (
        "The signature of the receipt cannot be verified: the certificate that it means ({named}) is not in the bundle.",
        "無法驗證回執之簽章：其所指憑證（{named}）不在本檔內。",
    ),
    "receipt.2.unreadable": (
        "The receipt is no signed message ({why}): whoever wrote it has not signed for it.",
        "回執並非已簽章之訊息（{why}）：撰寫者未對其負簽章之責。",
    ),
    "receipt.3.bad": (
        "Another than the agreed partner signed: the receipt bears {subject} ({sha256}), agreed with {partner} is {agreed} ({own}). It proves nothing about {partner}. Act: the security officer.",
        "簽署者並非約定之夥伴：回執所載為 {subject}（{sha256}），與 {partner} 約定者為 {agreed}（{own}）。對 {partner} 不生證明力。處置：資安人員。",
    ),
    "receipt.3.unknown": (
        "Who was agreed as signer cannot be told: the certificate {digest} of the entry, or that of the receipt, is not in the bundle.",
        "無法得知約定之簽署者：紀錄所指憑證 {digest} 或回執之憑證不在本檔內。",
    ),
    "receipt.4.bad": (
        "The certificate of {subject} was not valid when the receipt came, {at}: {why}. Its signature then binds nobody. Act: the security officer asks {partner} who held the key.",
        "回執到達時（{at}）{subject} 之憑證並非有效：{why}。當時之簽章對任何人均無拘束力。處置：由資安人員向 {partner} 查明金鑰持有人。",
    ),
    "receipt.4.unknown": (
        "Whether the certificate was valid cannot be told: {digest} is not in the bundle.",
        "無法得知憑證是否有效：{digest} 不在本檔內。",
    ),
    "receipt.5.bad": (
        "A digest differs: for {uri} we signed {own}, the receipt says {theirs}. Their node saw other octets than ours sent. Do not treat this message as delivered. Act: the security officer.",
        "雜湊值不符：就 {uri}，本方所簽為 {own}，回執載為 {theirs}。對方節點所見與本方所送不同。請勿視為已送達。處置：資安人員。",
    ),
    "receipt.5.missing": (
        "A digest is missing: the receipt does not list {uri} ({listed} of {signed}). {partner} has not confirmed that part. Do not treat this message as delivered. Act: the operator asks for a whole receipt.",
        "缺少雜湊值：回執未列 {uri}（僅列 {listed}，應為 {signed}）。{partner} 未確認該部分。請勿視為已送達。處置：由操作人員索取完整回執。",
    ),
    "receipt.5.extra": (
        "There is a digest too many: the receipt lists {uri}, which we never signed.",
        "雜湊值多列：回執列有 {uri}，本方從未簽署。",
    ),
    "receipt.5.twice": (
        "One part is listed twice among the {listed} digests of the receipt.",
        "回執所列 {listed} 個雜湊值中，有一部分重複列出。",
    ),
    "receipt.5.none": (
        "The receipt lists no digests: it says that something came, and not what.",
        "回執未列任何雜湊值：僅稱有物到達，未言明為何物。",
    ),
    "receipt.5.unreadable": (
        "The digests of the receipt cannot be read: {why}.",
        "無法讀取回執之雜湊值：{why}。",
    ),
    "receipt.5.no-message": (
        "There is nothing to compare the digests of the receipt with: {why}.",
        "回執之雜湊值無從比對：{why}。",
    ),
    "receipt.6.bad": (
        "The receipt came too late: it was here at {at}, and it was due by {due}. It proves that the message arrived, and not in the agreed time. Act: the operator looks whether the message was sent again.",
        "回執逾期到達：於 {at} 收到，期限為 {due}。其證明訊息已到達，但非於約定時間內。處置：由操作人員查明訊息是否曾重送。",
    ),
    "receipt.6.unreadable": (
        "The time by which the receipt was due cannot be read: {due}.",
        "無法讀取回執之期限：{due}。",
    ),
    "seal.bad": (
        "The seal over the bundle does not hold: {why}. What is in it was changed after it was made, or somebody else made it, or nobody whom you know vouches for its signer or its time.",
        "證據包之封緘無效：{why}。其內容於製作後遭更改，或由他人製作，或其簽署者或時間並無您所知悉者擔保。",
    ),
    "container.beside": (
        "The file {name} belongs to {belongs}, which is not here.",
        "檔案 {name} 屬於 {belongs}，惟後者不在此。",
    ),
    "entries.status": (
        "Entry {number} tells of the status {told}, and the answer that it names has another.",
        "紀錄 {number} 所稱狀態碼 {told} 與其所指回應不符。",
    ),
    "entries.exchange": (
        "Message {message} has two exchanges in the manifest, or one without entries.",
        "清單就訊息 {message} 列有兩筆交換，或列有無紀錄之交換。",
    ),
    "entries.scope-time": (
        "Message {message} was neither received nor packaged in the time of which the manifest says that it tells.",
        "訊息 {message} 於清單所稱期間內既未收到亦未簽署。",
    ),
    "entries.absent-untrue": (
        "The octets {digest} are not here, and the reason that the manifest gives is none: {why}. Part of the evidence was taken away.",
        "內容 {digest} 不在此，而清單所載理由不成立：{why}。部分證據已被取走。",
    ),
    "entries.purge": (
        "Entry {number} says that {name} was removed, and the entry of that number names other octets so.",
        "紀錄 {number} 稱 {name} 已清除，惟該編號之紀錄所指為他項內容。",
    ),
    "entries.spare": (
        "The octets {digest} are here, and no entry names them: they are part of nothing, and prove nothing.",
        "內容 {digest} 在此，惟無任何紀錄指及：其不屬任何事實，不生證明力。",
    ),
    "consistency.chain": (
        "The chain of the entries after {before} does not end where the checkpoint of {size} entries says: an entry was changed, or its order.",
        "自第 {before} 筆後之紀錄鏈，與 {size} 筆檢查點所載不符：紀錄或其次序遭更改。",
    ),
    "signatures.facts": (
        "Entry {number} says of message {message} with {partner} what its envelope does not say: {names}. Believe the envelope.",
        "紀錄 {number} 就與 {partner} 間訊息 {message} 所載與其信封不符：{names}。應以信封為準。",
    ),
    "signatures.wire": (
        "The octets that went out by entry {number} do not hold the envelope of message {message} to {partner}.",
        "紀錄 {number} 所載送出之內容，不含致 {partner} 之訊息 {message} 之信封。",
    ),
    "signatures.own": (
        "Entry {number} shows as signed by {partner} (message {message}) what {subject} signed, and that is a certificate of the node itself.",
        "紀錄 {number} 稱由 {partner} 簽署（訊息 {message}）者，實由本節點自身之憑證 {subject} 所簽。",
    ),
    "signatures.payload-digest": (
        "Entry {number} names {digest} as {name}, and another digest was signed.",
        "紀錄 {number} 以 {digest} 為 {name}，惟當時所簽為另一雜湊值。",
    ),
    "signatures.payload-more": (
        "Entry {number} names {name}, and its message has no such payload.",
        "紀錄 {number} 列有 {name}，惟其訊息並無此附件。",
    ),
    "signatures.refusal": (
        "That {partner} refused message {message} with {code} (entry {number}) is not what the answer shows: {why}.",
        "紀錄 {number} 稱 {partner} 以 {code} 拒絕訊息 {message}，與回應所示不符：{why}。",
    ),
    "receipt.2.facts": (
        "The signature of the receipt is not the one of which the entry tells: {names} are others.",
        "回執之簽章與紀錄所載不符：{names} 各異。",
    ),
    "receipt.3.own": (
        "The node itself signed the receipt: {subject} is a certificate of its own. It proves nothing about {partner}. Act: the security officer.",
        "回執係本節點自行簽署：{subject} 為其自身之憑證。對 {partner} 不生證明力。處置：資安人員。",
    ),
}

_ALL: Final[Sentences] = {**GOOD, **NOTES, **BAD}


def sentence(word: str, said: Mapping[str, str], language: str) -> str:
    """The sentence of a word with its places filled."""
    return _ALL[word][LANGUAGES.index(language)].format_map(said)
