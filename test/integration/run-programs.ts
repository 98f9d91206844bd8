/** Programs that `eyeballd run` leads to its proxy: each fetches from a name whose IPv6 address is dead. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { deadIpv6 } from '../fixtures/dead-ipv6.ts'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { runEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(240_000)

const NAME = 'www.example.com'

const dns = await deadIpv6(t)
const folder = temporaryDirectory(t)

/** Serves the files of a folder. */
const serveFiles: RequestListener = (request, response) => {
  const path = join(folder, new URL(request.url ?? '/', 'http://x').pathname)
  if (!existsSync(path) || statSync(path).isDirectory()) {
    response.statusCode = 404
    response.end()
  } else {
    if (path.endsWith('.html')) response.setHeader('content-type', 'text/html')
    response.end(readFileSync(path))
  }
}

const origin = await httpsOrigin(t, serveFiles)
const url = `https://${NAME}:${origin.port}`
writeFileSync(join(folder, 'file'), 'hello\n')

/** Runs a program, which must succeed, with the races of its connections on standard error. */
const run = async (
  t: Test,
  words: readonly string[],
  { env = {}, flags = [] }: { env?: Record<string, string>; flags?: readonly string[] } = {},
) => {
  const args = ['--summary', ...dns.flags, ...flags, '--', ...words]
  const said = await runEyeballd(t, { command: 'run', config: dns.config, args, env })
  t.equal(said.code, 0, `${words[0] ?? ''} succeeds`)
  if (said.code !== 0) t.comment(said.stdout + said.stderr)
  t.match(said.stderr, /: ::1 ECONNREFUSED; won by 127\.0\.0\.1/, 'its connections have raced')
  return said
}

t.test('curl', { skip: unlessMissing('curl') }, async t => {
  const words = ['curl', '-sS', '--cacert', origin.certFile, `${url}/file`]
  t.equal((await run(t, words)).stdout, 'hello\n')
  // With all_proxy, as for a protocol that has no variable of its own.
  const socks = ['env', '-u', 'https_proxy', '-u', 'HTTPS_PROXY', ...words]
  t.equal((await run(t, socks)).stdout, 'hello\n')
  const plain = await httpOrigin(t)
  const local = ['curl', '-sS', `http://127.0.0.1:${plain.port}/direct`]
  const { stdout, stderr } = await runEyeballd(t, {
    command: 'run',
    args: ['--summary', '--', ...local],
  })
  t.equal(stdout, 'hello from /direct\n')
  t.match(stderr, 'eyeballd: 0 races', 'loopback needs no proxy')
})

t.test('wget', { skip: unlessMissing('wget') }, async t => {
  const words = ['wget', '-q', '-O', '-', `--ca-certificate=${origin.certFile}`, `${url}/file`]
  t.equal((await run(t, words)).stdout, 'hello\n')
})

t.test('git clone by https', { skip: unlessMissing('git') }, async t => {
  const git = (cwd: string, ...words: string[]) => runProgram(t, 'git', words, { cwd })
  const source = temporaryDirectory(t)
  await git(source, 'init', '-q')
  writeFileSync(join(source, 'file'), 'hello\n')
  await git(source, 'add', 'file')
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
  await git(source, ...who, 'commit', '-q', '-m', 'a')
  await git(source, 'clone', '-q', '--bare', '.', join(folder, 'a.git'))
  await git(join(folder, 'a.git'), 'update-server-info')
  const clone = join(temporaryDirectory(t), 'clone')
  const env = { GIT_SSL_CAINFO: origin.certFile }
  await run(t, ['git', 'clone', '-q', `${url}/a.git`, clone], { env })
  t.equal(readFileSync(join(clone, 'file'), 'utf8'), 'hello\n')
})

t.test('npm', { skip: unlessMissing('npm') }, async t => {
  const versions = { '1.2.3': { name: 'a', version: '1.2.3', dist: { tarball: `${url}/a.tgz` } } }
  const document = { name: 'a', 'dist-tags': { latest: '1.2.3' }, versions }
  writeFileSync(join(folder, 'a'), JSON.stringify(document))
  const home = temporaryDirectory(t)
  const env = {
    npm_config_cache: home,
    npm_config_userconfig: join(home, 'npmrc'),
    npm_config_registry: url,
    npm_config_cafile: origin.certFile,
    npm_config_update_notifier: 'false',
  }
  t.equal((await run(t, ['npm', 'view', 'a', 'version'], { env })).stdout, '1.2.3\n')
})

t.test('pip', { skip: unlessMissing('pip') }, async t => {
  const wheel = 'a_package-1.0-py3-none-any.whl'
  const made = await runProgram(t, 'python3', ['-c', MAKE_WHEEL, join(folder, wheel)])
  t.equal(made.code, 0, made.stderr)
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, wheel)))
    .digest('hex')
  mkdirSync(join(folder, 'simple', 'a-package'), { recursive: true })
  writeFileSync(
    join(folder, 'simple', 'a-package', 'index.html'),
    `<a href="${url}/${wheel}#sha256=${hash}">${wheel}</a>`,
  )
  const to = temporaryDirectory(t)
  const links = ['--no-index', '--find-links', `${url}/simple/a-package/index.html`]
  const options = ['-q', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '-d', to]
  const words = ['pip', 'download', ...options, '--cert', origin.certFile, ...links, 'a-package']
  // requests, within pip, prefers these variables to --cert.
  const env = { REQUESTS_CA_BUNDLE: origin.certFile, CURL_CA_BUNDLE: origin.certFile }
  await run(t, words, { env })
  t.ok(existsSync(join(to, wheel)))
})

/** Writes the smallest wheel (a ZIP archive) that pip takes. */
const MAKE_WHEEL = `
import sys, zipfile
info = 'a_package-1.0.dist-info/'
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: a-package\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: a\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`

t.test('go', { skip: unlessMissing('go') }, async t => {
  const module = join(folder, 'example.com/a/@v')
  mkdirSync(module, { recursive: true })
  writeFileSync(join(module, 'list'), 'v1.0.0\n')
  writeFileSync(join(module, 'v1.0.0.info'), '{"Version":"v1.0.0"}')
  writeFileSync(join(module, 'v1.0.0.mod'), 'module example.com/a\n')
  const home = temporaryDirectory(t)
  const env = {
    GOPROXY: url,
    GONOSUMDB: '*',
    GOFLAGS: '-modcacherw',
    GOPATH: home,
    GOCACHE: join(home, 'cache'),
    GOTOOLCHAIN: 'local',
    SSL_CERT_FILE: origin.certFile,
  }
  const { stdout } = await run(t, ['go', 'list', '-m', '-versions', 'example.com/a'], { env })
  t.equal(stdout, 'example.com/a v1.0.0\n')
})

t.test('java', { skip: unlessMissing('java', 'keytool') }, async t => {
  const home = temporaryDirectory(t)
  const [source, store] = [join(home, 'Fetch.java'), join(home, 'store')]
  writeFileSync(source, FETCH)
  const password = ['-storepass', 'changeit', '-noprompt']
  const imported = ['-importcert', '-file', origin.certFile, '-keystore', store, '-alias', 'a']
  t.equal((await runProgram(t, 'keytool', [...imported, ...password])).code, 0)
  const env = {
    JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=changeit`,
  }
  const flags = ['--for', 'java']
  const { stdout } = await run(t, ['java', source, `${url}/file`], { env, flags })
  t.equal(stdout, 'HttpURLConnection hello\nHttpClient hello\n')
})

/** Both clients of the JDK. */
const FETCH = `
import java.net.*;
import java.net.http.*;
public class Fetch {
  public static void main(String[] args) throws Exception {
    URL url = new URL(args[0]);
    System.out.print("HttpURLConnection " + new String(url.openStream().readAllBytes()));
    HttpRequest request = HttpRequest.newBuilder(url.toURI()).build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.print("HttpClient " + response.body());
  }
}
`

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const knowsProxy = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
const oldNode = !knowsProxy && 'this version of Node does not know NODE_USE_ENV_PROXY'

t.test('fetch of Node', { skip: oldNode }, async t => {
  const script = 'process.stdout.write(await (await fetch(process.argv[1])).text())'
  const words = [process.execPath, '--input-type=module', '-e', script, `${url}/file`]
  const env = { NODE_EXTRA_CA_CERTS: origin.certFile }
  t.equal((await run(t, words, { env })).stdout, 'hello\n')
})
