import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.codehaus.mojo.animal_sniffer.SignatureBuilder;
import org.codehaus.mojo.animal_sniffer.SignatureChecker;
import org.codehaus.mojo.animal_sniffer.logging.PrintWriterLogger;

/**
 * {@code ApiCheck.java SIGNATURES JAR... --beside JAR...}: whether the first jars call only what the
 * signatures, they themselves and the jars beside them have. Names what they lack, and fails.
 *
 * <p>What stands in a function or class with {@code @TargetApi} is not looked at: it has asked for
 * the phone's version itself.
 */
public final class ApiCheck {
    public static void main(String[] arguments) throws IOException {
        List<String> jars = Arrays.asList(arguments).subList(1, arguments.length);
        PrintWriterLogger log = new PrintWriterLogger(System.err);
        PrintWriterLogger silent = new PrintWriterLogger(new PrintStream(OutputStream.nullOutputStream()));
        // Our classes are added, not left out: what they inherit from Android's is looked up, too.
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (InputStream android = new FileInputStream(arguments[0])) {
            SignatureBuilder builder = new SignatureBuilder(new InputStream[] {android}, all, silent);
            for (String jar : jars) if (!jar.equals("--beside")) builder.process(new File(jar));
            builder.close();
        }
        InputStream signatures = new ByteArrayInputStream(all.toByteArray());
        SignatureChecker checker = new SignatureChecker(signatures, Collections.emptySet(), log);
        checker.setSourcePath(Collections.emptyList());
        checker.setAnnotationTypes(Collections.singleton("android.annotation.TargetApi"));
        for (String jar : jars.subList(0, jars.indexOf("--beside"))) checker.process(new File(jar));
        if (checker.isSignatureBroken()) {
            System.err.println("Phones of the lowest version lack what is named above.");
            System.exit(1);
        }
    }
}
