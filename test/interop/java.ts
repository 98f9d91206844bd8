/** Java through the default port: java.net.http.HttpClient, and HttpURLConnection by its properties. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

/**
 * Gets each URL by HttpClient and by HttpURLConnection, with the proxies of its properties, and prints what
 * came; by the latter alone if its first argument says so. It trusts the certificate in CERT.
 */
const PROGRAM = `
import java.io.FileInputStream;
import java.net.*;
import java.net.http.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.Callable;
import javax.net.ssl.*;

public class Fetch {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream file = new FileInputStream(System.getenv("CERT"))) {
      store.setCertificateEntry("test", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    Authenticator login = new Authenticator() {
      protected PasswordAuthentication getPasswordAuthentication() {
        return new PasswordAuthentication(System.getenv("PROXY_USER"), System.getenv("PROXY_PASSWORD").toCharArray());
      }
    };
    boolean hasLogin = System.getenv("PROXY_USER") != null;
    if (hasLogin) Authenticator.setDefault(login);
    HttpClient.Builder builder = HttpClient.newBuilder()
      .sslContext(context).connectTimeout(Duration.ofSeconds(10));
    if (hasLogin) builder.authenticator(login);
    HttpClient client = builder.build();
    for (int i = 1; i < args.length; i++) {
      URI uri = URI.create(args[i]);
      if (!args[0].equals("connection")) print(() -> {
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      });
      print(() -> new String(uri.toURL().openConnection().getInputStream().readAllBytes()));
    }
  }

  static void print(Callable<String> get) {
    try {
      System.out.print(get.call());
    } catch (Exception error) {
      System.out.println(error);
    }
  }
}
`

/** Since Java 8u111 it sends no password in the clear for a tunnel, unless this property is empty. */
const BASIC = '-Djdk.http.auth.tunneling.disabledSchemes='

t.test('Java', { skip: unlessMissing('java', 'javac') }, async t => {
  const directory = temporaryDirectory(t)
  const source = join(directory, 'Fetch.java')
  writeFileSync(source, PROGRAM)
  const built = await runProgram(t, 'javac', ['-d', directory, source], { timeoutMs: 60_000 })
  t.equal(built.code, 0, built.stderr)

  const origin = await httpOrigin(t)
  const secure = await httpsOrigin(t)
  const proxy = await startMixedProxy(t)
  const httpUrl = `http://${NAME}:${origin.port}/a`
  const httpsUrl = `https://${NAME}:${secure.port}/a`
  const fetch = (
    ways: 'both' | 'connection',
    urls: readonly string[],
    properties: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const flags = ['-XX:TieredStopAtLevel=1', ...properties, '-cp', directory]
    return runProgram(t, 'java', [...flags, 'Fetch', ways, ...urls], {
      env: clientEnvironment({ CERT: secure.certFile, JAVA_TOOL_OPTIONS: '', ...variables }),
      timeoutMs: 60_000,
    })
  }
  const by = (scheme: string, where: string): string[] => {
    const [host, port] = where.split(':')
    return [`-D${scheme}.proxyHost=${host}`, `-D${scheme}.proxyPort=${port}`]
  }

  await t.test('https.proxyHost', async t => {
    const { stdout } = await fetch('both', [httpsUrl, httpsUrl], by('https', proxy.plain))
    t.equal(stdout, 'hello /a\n'.repeat(4))
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('http.proxyHost', async t => {
    const { stdout } = await fetch('both', [httpUrl, httpUrl], by('http', proxy.plain))
    t.equal(stdout, 'hello from /a\n'.repeat(4))
    await proxy.raced(t, 'http', origin.port)
  })

  await t.test('a login, the right one and a wrong one', async t => {
    const properties = [...by('https', proxy.users), BASIC]
    const as = (PROXY_PASSWORD: string) =>
      fetch('both', [httpsUrl], properties, { PROXY_USER: LOGIN.user, PROXY_PASSWORD })
    const good = await as(LOGIN.password)
    t.equal(good.stdout, 'hello /a\n'.repeat(2), good.stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    const wrong = await as('wrong')
    t.match(wrong.stdout, /too many authentication attempts.*\n.* 407 /)
    await proxy.refused(t, 'http', 'auth')
  })

  await t.test('socksProxyHost, HttpURLConnection', async t => {
    const properties = ['-DsocksProxyHost=127.0.0.1', `-DsocksProxyPort=${proxy.port}`]
    const { stdout } = await fetch('connection', [httpUrl, httpsUrl], properties)
    t.equal(stdout, 'hello from /a\nhello /a\n')
    t.match(
      proxy.eyeballd.linesOf('race').slice(-2),
      [origin.port, secure.port].map(port => ({
        protocol: 'socks5',
        target: `${NAME}:${port}`,
        winner: { address: '127.0.0.1' },
      })),
    )
  })
  await proxy.stop(t)
})
