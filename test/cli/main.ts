import { readFileSync } from 'node:fs'
import t from 'tap'
import { COMMANDS } from '../../src/cli/definitions.ts'
import { main } from '../../src/cli/main.ts'
import { failWithCode } from '../../src/core/fail.ts'
import { bindFailure } from '../../src/net/listen.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('help and version go to standard output, exit status 0', async t => {
  const words = [
    ['--help'],
    ['-h'],
    ...COMMANDS.flatMap(({ name }) => [
      [name, '--help'],
      [name, '-h'],
    ]),
  ]
  for (const line of words) {
    const io = createFakeIo()
    t.equal(await main(line, io), 0, line.join(' '))
    t.match(io.out(), /Usage: eyeballd/)
    t.equal(io.err(), '')
  }
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  for (const line of [['--version'], ['check', '--version']]) {
    const io = createFakeIo()
    t.equal(await main(line, io), 0)
    t.equal(io.out(), `${version}\n`)
  }
})

t.test('wrong arguments and configurations end with status 2 and start nothing', async t => {
  const readFile = () => Buffer.from('a: 1\nb: 2')
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--lisen', 'x'], /^eyeballd: --lisen: is not an option .* did you mean "--listen"\?\n$/],
    [['sevre'], /^eyeballd: "sevre": is not a command/],
    [['-c', 'f'], /^f:1:1: a: is not a key here.*\nf:2:1: b: is not a key here.*\n$/],
    [['check', 'f'], /^f:1:1: a/],
    [['-l', '0.0.0.0:1'], /^--listen: found 0\.0\.0\.0:1/],
    [['healthcheck', '--proxy', 'x'], /^eyeballd: --proxy/],
    [['completion', 'x'], /^eyeballd: SHELL/],
  ]
  for (const [line, message] of cases) {
    const io = createFakeIo({ readFile, runDaemon: async ({ load }) => (load(), 0) })
    t.equal(await main(line, io), 2, line.join(' '))
    t.match(io.err(), message)
    t.equal(io.out(), '')
  }
})

t.test('a command that fails ends with status 1', async t => {
  const io = createFakeIo()
  t.equal(await main(['healthcheck'], io), 1)
  t.match(io.err(), /is not healthy/)
  const empty = createFakeIo()
  t.equal(await main(['hash-password'], empty), 1)
  t.equal(empty.err(), 'eyeballd: the password is empty; allowed: 1 to 255 bytes\n')
  t.equal(await main([], createFakeIo({ runDaemon: async () => 1 })), 1)
})

t.test('too few open files: to load the program, or for what an error names', async t => {
  const said = async (thrown: Error): Promise<string> => {
    const io = createFakeIo({ runDaemon: () => Promise.reject(thrown) })
    t.equal(await main([], io), 1)
    return io.err()
  }
  const opening = (path: string): Error =>
    Object.assign(new Error(`EMFILE: too many open files, open '${path}'`), {
      code: 'EMFILE',
      syscall: 'open',
      path,
    })
  for (const path of ['/dist/daemon/run-daemon.js', '/node_modules/a/index.cjs', '/src/a.ts']) {
    t.equal(
      await said(opening(path)),
      'eyeballd: the limit on open files is too low to load the program; raise it (ulimit -n, LimitNOFILE=)\n',
    )
  }
  t.match(await said(opening('/tmp/eyeballd-run-1/ssh_config')), /open '[^']+ssh_config'\n$/)
  const address = { type: 'tcp', host: '127.0.0.1', port: 1080 } as const
  const bind = Object.assign(new Error('listen EMFILE'), { code: 'EMFILE', syscall: 'listen' })
  t.equal(
    await said(bindFailure(bind, address)),
    'eyeballd: cannot listen on 127.0.0.1:1080: listen EMFILE\n',
  )
  const message = 'egress cannot be checked, because no socket can be opened (EMFILE)'
  t.equal(await said(failWithCode('EMFILE', message)), `eyeballd: ${message}\n`)
})

t.test('an unexpected error prints its stack and ends with status 1', async t => {
  for (const thrown of [new TypeError('oops'), 'oops']) {
    const io = createFakeIo({
      runDaemon: async () => {
        throw thrown as Error
      },
    })
    t.equal(await main([], io), 1)
    t.match(io.err(), /^eyeballd: .*oops/)
  }
})

t.test('commands that do not handle signals restore the default action of signals', async t => {
  const cases: readonly (readonly [readonly string[], boolean])[] = [
    [[], false],
    [['serve'], false],
    [['-l', '127.0.0.1:0'], false],
    [['run', '--', 'true'], false],
    [['run', '--help'], true],
    [['check'], true],
    [['completion', 'bash'], true],
    [['--help'], true],
    [['serve', '--help'], true],
    [['--version'], true],
  ]
  for (const [line, released] of cases) {
    let isReleased = false
    const io = createFakeIo({
      releaseSignals: async () => {
        isReleased = true
      },
      runDaemon: async () => 0,
      runCommand: async () => ({ type: 'exited', status: 0 }),
    })
    await main(line, io)
    t.equal(isReleased, released, line.join(' '))
  }
})
