import t from 'tap'
import { commandHint, parseWords } from '../../src/cli/parse-words.ts'

const run = (...words: readonly string[]) => {
  const request = parseWords(words)
  if (request.type !== 'run') return { type: request.type }
  const { _, $0: _program, ...args } = request.args as Record<string, unknown>
  return { command: request.command.name, args }
}

t.test('reads commands and their options', async t => {
  const cases: readonly (readonly [readonly string[], object])[] = [
    [[], { command: 'serve', args: {} }],
    [['serve'], { command: 'serve', args: {} }],
    [['-c', 'f', 'serve'], { command: 'serve', args: { config: 'f' } }],
    [['--config=f'], { command: 'serve', args: { config: 'f' } }],
    [['-c=f'], { command: 'serve', args: { config: 'f' } }],
    [['-cf'], { command: 'serve', args: { config: 'f' } }],
    [['--config='], { command: 'serve', args: { config: '' } }],
    [['-l:1080', '-l=a'], { command: 'serve', args: { listen: [':1080', 'a'] } }],
    [['--config=-f'], { command: 'serve', args: { config: '-f' } }],
    [['--open=true'], { command: 'serve', args: { open: true } }],
    [['race'], { command: 'race', args: {} }],
    [['race', '--', '--a'], { command: 'race', args: { target: ['--a'] } }],
    [
      ['-l', 'a', '--listen', '[::1]:1', '-L', '1:h:2'],
      { command: 'serve', args: { listen: ['a', '[::1]:1'], forward: ['1:h:2'] } },
    ],
    [
      ['--open', '--drain-timeout', '5'],
      { command: 'serve', args: { open: true, 'drain-timeout': '5' } },
    ],
    [['--open=false'], { command: 'serve', args: { open: false } }],
    [
      ['race', 'a:1', '[::1]:2', '--no-connect'],
      { command: 'race', args: { target: ['a:1', '[::1]:2'], 'no-connect': true } },
    ],
    [['resolve', '0123', '--json'], { command: 'resolve', args: { name: '0123', json: true } }],
    [['check'], { command: 'check', args: {} }],
    [['check', '-'], { command: 'check', args: { file: '-' } }],
    [['check', '-c', '-'], { command: 'check', args: { config: '-' } }],
    [['check', '--config=-'], { command: 'check', args: { config: '-' } }],
    [['-l', '-', '-l', 'x'], { command: 'serve', args: { listen: ['-', 'x'] } }],
    [['check', '__proto__'], { command: 'check', args: { file: '__proto__' } }],
    [['hash-password'], { command: 'hash-password', args: {} }],
    [['healthcheck', '--proxy', 'unix:/a'], { command: 'healthcheck', args: { proxy: 'unix:/a' } }],
    [['completion', 'zsh'], { command: 'completion', args: { shell: 'zsh' } }],
  ]
  for (const [words, expected] of cases) t.strictSame(run(...words), expected, words.join(' '))
})

t.test('--help and --version take precedence over all other arguments', async t => {
  t.strictSame(parseWords(['--help']), { type: 'help', command: null })
  t.strictSame(parseWords(['-h=1']), { type: 'help', command: null })
  t.match(parseWords(['--nonsense', 'race', '-h']), { type: 'help', command: { name: 'race' } })
  t.match(parseWords(['resolve', '--help']), { type: 'help', command: { name: 'resolve' } })
  t.strictSame(parseWords(['check', '--version']), { type: 'version' })
  t.throws(() => parseWords(['check', '--', '--help', 'x']), { code: 'ERR_CONFIG' })
})

t.test('each wrong argument has its message', async t => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [
      ['sevre'],
      '"sevre": is not a command; did you mean "serve"?; allowed: serve, run, race, resolve',
    ],
    [
      ['eyeballd.yaml'],
      '"eyeballd.yaml": is not a command; did you mean eyeballd -c eyeballd.yaml?',
    ],
    [
      ['serve', 'f.yaml'],
      '"f.yaml": is one word too many for eyeballd serve; did you mean eyeballd -c f',
    ],
    [['zzz'], '"zzz": is not a command; allowed: serve'],
    [['-'], '"-": is not a command'],
    [['Serve'], '"Serve": is not a command; did you mean "serve"?'],
    [['serve', 'race'], '"race": is one word too many for eyeballd serve'],
    [['serve', '--', 'x'], '"x": is one word too many for eyeballd serve'],
    [['check', 'a', 'b'], '"b": is one word too many for eyeballd check'],
    [['--lisen', 'a'], '--lisen: is not an option of eyeballd serve; did you mean "--listen"?'],
    [['race', '--jsn'], '--jsn: is not an option of eyeballd race; did you mean "--json"?'],
    [
      ['race', '--listen', 'x'],
      '--listen: is not an option of eyeballd race, but of eyeballd serve',
    ],
    [['--proxy'], '--proxy: is not an option of eyeballd serve, but of eyeballd healthcheck'],
    [['race', '-l=1080'], '-l: is not an option of eyeballd race, but of eyeballd serve'],
    [['-v'], '-v: is not an option of eyeballd serve; did you mean --version?'],
    [['-d', 'x'], '-d: is not an option of eyeballd serve'],
    [['--metrics', '127.0.0.1:1'], '--metrics: is not an option of eyeballd serve'],
    [['--constructor=1'], '--constructor: is not an option of eyeballd serve'],
    [['--__proto__=1'], '--__proto__: is not an option of eyeballd serve'],
    [['-x'], '-x: is not an option of eyeballd serve'],
    [['-c'], '-c: needs a value'],
    [['-c', '-l', 'x'], '-c: needs a value'],
    [['--listen'], '--listen: needs a value'],
    [['--open=maybe'], '--open: found "maybe"; allowed: no value'],
    [['--log-level', 'a', '--log-level', 'b'], '--log-level: found several times; allowed: once'],
    [['--open', '--open'], '--open: found several times; allowed: once'],
    [['-c', '-'.repeat(2)], '-c: needs a value'],
    [['serve', '-', '-x'], '-x: is not an option of eyeballd serve'],
    [['resolve'], 'NAME: is missing; expected a name or an address'],
  ]
  for (const [words, message] of cases) {
    try {
      parseWords(words)
      t.fail(`expected to throw: ${words.join(' ')}`)
    } catch (error) {
      t.match(error, { code: 'ERR_CONFIG' })
      t.ok((error as Error).message.startsWith(message), (error as Error).message)
    }
  }
})

t.test('commandHint suggests -c, -l, -L or race', async t => {
  for (const [word, line] of [
    ['eyeballd.yaml', '-c eyeballd.yaml'],
    ['./my.yml', '-c ./my.yml'],
    ['/etc/eyeballd', '-c /etc/eyeballd'],
    ['config.json', '-c config.json'],
    ['help', '--help'],
    ['version', '--version'],
    ['1080', '-l 1080'],
    [':1080', '-l :1080'],
    ['127.0.0.1:1080', '-l 127.0.0.1:1080'],
    ['unix:/run/x', '-l unix:/run/x'],
    ['5432:db.example.com:5432', '-L 5432:db.example.com:5432'],
    ['example.com', 'race example.com'],
    ['example.com:443', 'race example.com:443'],
    ['https://example.com/', 'race https://example.com/'],
  ] as const) {
    t.equal(commandHint(word), `; did you mean eyeballd ${line}?`, word)
  }
  for (const word of ['sevre', '', '-', 'a b', '70000', 'a..b'])
    t.equal(commandHint(word), '', word)
})

t.test('another command line follows --, with options of its own', async t => {
  t.strictSame(run('run', '--', 'curl', '--head', '-c', 'x'), {
    command: 'run',
    args: { command: ['curl', '--head', '-c', 'x'] },
  })
  t.strictSame(run('run', '-c', 'f', '--for', 'ssh', '--', 'run', '--', 'race'), {
    command: 'run',
    args: { config: 'f', for: ['ssh'], command: ['run', '--', 'race'] },
  })
  t.strictSame(run('-c', 'run'), { command: 'serve', args: { config: 'run' } })
  t.match(parseWords(['run', '-h', '--', 'curl']), { type: 'help', command: { name: 'run' } })
  t.match(run('run', '--', 'curl', '--help'), { command: 'run' })
  const refused = (words: readonly string[], found: string) =>
    t.throws(() => parseWords(words), {
      code: 'ERR_CONFIG',
      message: `run: found ${found}; expected: eyeballd run [options] -- COMMAND ARGS...`,
    })
  refused(['run'], 'no --')
  refused(['run', 'curl', '--head'], 'no --')
  refused(['run', '--summary', 'curl', '--', 'x'], '"curl" before --')
  t.throws(() => parseWords(['run', '--']), {
    message: /^COMMAND: is missing; expected the command/,
  })
  t.throws(() => parseWords(['run', '--nonsense', '--', 'x']), {
    message: /^--nonsense: is not an/,
  })
})
