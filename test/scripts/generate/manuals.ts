import t from 'tap'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commandManual } from '../../../scripts/generate/command-manual.ts'
import { configManual } from '../../../scripts/generate/config-manual.ts'
import { splitOptions } from '../../../scripts/generate/own-options.ts'
import { bold } from '../../../scripts/generate/roff.ts'
import { COMMANDS, DEFAULT_COMMAND } from '../../../src/cli/definitions.ts'
import { tableKeys } from '../../../src/config/table/config.ts'
import { runProgram, unlessMissing } from '../../fixtures/programs.ts'

const PAGES = ['man/eyeballd.1', 'man/eyeballd.yaml.5'].map(path =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
)

t.test('the page of the command has every command and option', async t => {
  const text = commandManual('1.2.3')
  t.match(text, '"eyeballd 1.2.3"')
  for (const command of COMMANDS) {
    const [, part = ''] = text.split(`.SS ${command.name.replaceAll('-', String.raw`\-`)}\n`)
    t.not(part, '', command.name)
    const here = command === DEFAULT_COMMAND ? text : part.split(/\n\.S[SH] /, 1).join('')
    const { own, shared } = splitOptions(command)
    for (const { name } of own) t.match(here, bold(`--${name}`), `${command.name} ${name}`)
    for (const { name } of shared) t.match(here, bold(`--${name}`), `${command.name} ${name}`)
    for (const [line] of command.examples) t.match(text, `\n${bold(line)}\n`, line)
  }
  for (const part of ['NAME', 'SYNOPSIS', 'ENVIRONMENT', 'EXIT STATUS', 'SIGNALS', 'FILES']) {
    t.match(text, `\n.SH ${part}\n`)
  }
  t.match(text, 'EYEBALLD_LOG_LEVEL')
})

t.test('the page of the configuration has every key with its type, default and range', async t => {
  const text = configManual('1.2.3')
  const entries = new Map(
    text
      .split('\n.TP\n')
      .slice(1)
      .map(part => {
        const [term = '', ...lines] = part.split(/\n\.S[SH] /, 1)[0]?.split('\n') ?? []
        return [term, lines.join(' ')]
      }),
  )
  for (const [path, key] of tableKeys()) {
    const [top = '', ...rest] = path
    const name = ['listeners', 'access'].includes(top) ? rest.join('.') : path.join('.')
    const isSection = 'keys' in key.field && key.field.jsonSchema.type === 'object'
    if (name === '' || (isSection && 'default' in key)) continue
    const entry = entries.get(bold(name)) ?? ''
    t.match(entry, /Type: .+; (?:required|default: .+)\./, path.join('.'))
    if (key.field.range !== undefined) t.match(entry, 'allowed: ', path.join('.'))
  }
  t.match(
    entries.get(bold('eyeballs.connectionAttemptDelay')),
    String.raw`duration; default: \fB250ms\fR.`,
  )
})

t.test('mandoc finds nothing to complain about', { skip: unlessMissing('mandoc') }, async t => {
  const { code, stdout } = await runProgram(t, 'mandoc', ['-T', 'lint', '-W', 'style', ...PAGES])
  t.equal(stdout, '')
  t.equal(code, 0)
})

t.test('nor does groff', { skip: unlessMissing('groff') }, async t => {
  for (const page of PAGES) {
    const { code, stdout, stderr } = await runProgram(t, 'groff', ['-man', '-ww', '-Tutf8', page])
    t.equal(stderr, '', page)
    t.equal(code, 0)
    t.ok(stdout.length > 10_000)
  }
})

t.test('man shows them', { skip: unlessMissing('man', 'groff') }, async t => {
  const env = { MANWIDTH: '100', LC_ALL: 'C.UTF-8' }
  const shown = await Promise.all(
    PAGES.map(page => runProgram(t, 'man', ['--warnings', '-P', 'cat', '-l', page], { env })),
  )
  for (const { code, stderr } of shown) t.strictSame([code, stderr], [0, ''])
  t.match(shown[0]?.stdout, /--connection-attempt-delay DURATION/, 'dashes can be copied')
})

t.test('package.json names them', async t => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { man } = JSON.parse(manifest) as { readonly man: readonly string[] }
  t.strictSame(man, ['man/eyeballd.1', 'man/eyeballd.yaml.5'])
})
