import t from 'tap'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseConfig } from '../src/config/parse.ts'
import { parseDuration } from '../src/core/duration.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const dockerfile = read('Dockerfile')
const { version } = JSON.parse(read('package.json')) as { version: string }
const { drainTimeoutMs } = parseConfig('', 'defaults')

/** The instructions of the last stage, continued lines as one. */
const instructions = (
  dockerfile
    .replaceAll('\\\n', ' ')
    .split(/^FROM .*$/m)
    .at(-1) ?? ''
)
  .split('\n')
  .map(line => /^([A-Z]+) +(.*)$/.exec(line))
  .flatMap(match => (match ? [{ name: match[1] ?? '', words: match[2] ?? '' }] : []))
const wordsOf = (name: string): string[] =>
  instructions.filter(each => each.name === name).map(({ words }) => words)

t.test('the image starts from nothing, and needs no shell', async t => {
  t.match(dockerfile, /^FROM scratch$/m)
  t.same(wordsOf('RUN'), [], 'nothing is run in the last stage')
  t.same(wordsOf('ENTRYPOINT'), ['["eyeballd"]'], 'a list, not a line for a shell')
  t.match(wordsOf('HEALTHCHECK'), [/ CMD \["eyeballd", "healthcheck"\]$/])
  t.same(wordsOf('STOPSIGNAL'), ['SIGTERM'])
})

t.test('the user is a number, and not root', async t => {
  t.match(wordsOf('USER'), [/^[1-9]\d*:[1-9]\d*$/])
})

t.test('the labels are those of OCI, and the version is the package’s', async t => {
  const [labels = ''] = wordsOf('LABEL')
  for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'created'])
    t.match(labels, `org.opencontainers.image.${name}=`)
  t.ok(wordsOf('ARG').includes(`VERSION=${version}`), 'the default of the version')
})

type Service = {
  readonly image: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly stop_grace_period?: string
  readonly network_mode?: string
  readonly profiles: readonly string[]
}

t.test('compose.yaml runs it as it is meant to be run', async t => {
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<string, Service>
    configs: Record<string, { content: string }>
    networks: { default: { enable_ipv6: boolean } }
  }
  const own = Object.values(compose.services).filter(({ image }) => image === 'eyeballd')
  t.equal(own.length, 2, 'a sidecar and a gateway')
  for (const { profiles, read_only: isReadOnly, cap_drop: dropped, ...service } of own) {
    t.equal(isReadOnly, true, profiles.join())
    t.same(dropped, ['ALL'])
    t.ok(parseDuration(service.stop_grace_period ?? '0') > drainTimeoutMs)
  }
  t.equal(compose.services['program']?.network_mode, 'service:sidecar')
  t.equal(compose.networks.default.enable_ipv6, true)
  for (const { content } of Object.values(compose.configs)) {
    const config = parseConfig(content, 'compose.yaml')
    t.ok(config.listeners.length > 0)
  }
})
