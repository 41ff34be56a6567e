package peer;

import com.helger.json.IJson;
import com.helger.json.IJsonArray;
import com.helger.json.JsonArray;
import com.helger.json.serialize.JsonReader;
import com.helger.phase4.attachment.EAS4CompressionMode;
import com.helger.phase4.model.EMEP;
import com.helger.phase4.model.EMEPBinding;
import com.helger.phase4.model.ESoapVersion;
import com.helger.phase4.model.pmode.PMode;
import com.helger.phase4.model.pmode.PModeJsonConverter;
import com.helger.phase4.model.pmode.PModeParty;
import com.helger.phase4.model.pmode.PModePayloadService;
import com.helger.phase4.model.pmode.leg.PModeLeg;
import com.helger.phase4.model.pmode.leg.PModeLegProtocol;
import com.helger.servlet.mock.MockServletContext;
import com.helger.web.scope.mgr.WebScopeManager;
import java.nio.file.Path;

/** The P-Modes of this peer as JSON, written by phase4's own converter; or those of a file, read and written by it. */
final class PModes {
  private PModes() {}

  static int run(Options o) {
    // A P-Mode notes who made it, which phase4 asks its scope for.
    WebScopeManager.onGlobalBegin(MockServletContext.create());
    String file = o.get("read", null);
    IJsonArray found = file == null ? own(o) : again(Path.of(file));
    o.rejectUnused();
    System.out.println(found.getAsJsonString());
    return 0;
  }

  /** What the other side and this one send to each other. */
  private static IJsonArray own(Options o) {
    String preset = o.get("preset", "edelivery-1.15");
    Presets.check(preset);
    String party = o.need("party");
    String other = o.need("other");
    String type = o.get("party-type", null);
    String service = o.need("service");
    String action = o.need("action");
    String agreement = o.get("agreement", "urn:as4:agreement");
    String url = o.need("url");
    String otherUrl = o.get("other-url", null);
    JsonArray all = new JsonArray();
    all.add(PModeJsonConverter.convertToJson(pmode(preset, other, party, type, service, action, agreement, url)));
    all.add(PModeJsonConverter.convertToJson(pmode(preset, party, other, type, service, action, agreement, otherUrl)));
    all.add(PModeJsonConverter.convertToJson(pmode(preset, other, party, type, Presets.TEST_SERVICE, Presets.TEST_ACTION, agreement, url)));
    return all;
  }

  private static PMode pmode(String preset, String from, String to, String type, String service, String action, String agreement, String url) {
    PMode made = Presets.pmode("x", preset, EMEP.ONE_WAY, EMEPBinding.PUSH, service, action, null, true, ESoapVersion.SOAP_12);
    PModeLeg leg = made.getLeg1();
    PModeLeg addressed = new PModeLeg(new PModeLegProtocol(url, ESoapVersion.SOAP_12), leg.getBusinessInfo(), leg.getErrorHandling(), null, leg.getSecurity());
    PModeParty initiator = new PModeParty(type, from, made.getInitiator().getRole(), null, null);
    PModeParty responder = new PModeParty(type, to, made.getResponder().getRole(), null, null);
    return new PMode("peer-" + from + "-" + action.hashCode(), initiator, responder, agreement, made.getMEP(), made.getMEPBinding(),
        addressed, made.getLeg2(), new PModePayloadService(EAS4CompressionMode.GZIP), made.getReceptionAwareness());
  }

  private static IJsonArray again(Path file) {
    IJson read = JsonReader.builder().source(file).read();
    if (read == null || !read.isArray()) throw new Options.Usage("no array of P-Modes: " + file);
    JsonArray all = new JsonArray();
    for (IJson one : read.getAsArray()) all.add(PModeJsonConverter.convertToJson(PModeJsonConverter.convertToNative(one.getAsObject())));
    return all;
  }
}
