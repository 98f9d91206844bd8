/** How `eyeballd run` ends, what its command gets of signals, and what is left behind. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { endChild, exitOf, own, within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import {
  ALONE,
  cleanEnvironment,
  commandOf,
  runEyeballd,
  temporaryDirectory,
} from '../fixtures/start-eyeballd.ts'

t.setTimeout(240_000)

const skipSsh = unlessMissing('ssh')

/** Prints what it gets of signals, and ends with 5 at SIGTERM. */
const SCRIPT = `
for name in HUP INT QUIT USR1 USR2 WINCH CONT; do trap "echo $name" $name; done
trap 'echo TERM; exit 5' TERM
echo "ready $$ $http_proxy"
while :; do sleep 0.05; done
`

type Running = {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** The process id of the command. */
  readonly command: number
  readonly port: number
  readonly temporary: string
  readonly exit: Promise<{ code: number | null; signal: string | null }>
}

/** Starts it in a process group of its own, as a shell with job control does. */
const start = async (t: Test, script = SCRIPT, wrap: readonly string[] = []): Promise<Running> => {
  const temporary = temporaryDirectory(t)
  const flags = skipSsh === false ? ['--for', 'ssh'] : []
  const words = [...wrap, ...ALONE, ...commandOf(), 'run', ...flags, '--', 'sh', '-c', script]
  const [program = '', ...rest] = words
  const child = own(
    spawn(program, rest, {
      detached: true,
      env: { ...cleanEnvironment(), TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  t.teardown(() => endChild(child))
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const exit = exitOf(child)
  t.ok(await eventually(() => out.includes('ready'), 15_000), `the command has started: ${err}`)
  const [, command, port] = /ready (\d+) http:\/\/127\.0\.0\.1:(\d+)/.exec(out) ?? []
  return {
    child,
    out: () => out,
    err: () => err,
    command: Number(command),
    port: Number(port),
    temporary,
    exit,
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** proc(5): what follows the name, which may hold anything, in parentheses. */
const fieldsOf = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent), group: Number(group) }
}

/** Processes of a process group. */
const membersOf = (group: number): readonly number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return fieldsOf(pid).group === group
      } catch {
        return false
      }
    })

const nothingLeft = async (t: Test, { child, port, temporary }: Running): Promise<void> => {
  const group = child.pid ?? 0
  t.ok(await eventually(() => membersOf(group).length === 0), 'no process')
  t.ok(await eventually(() => readdirSync(temporary).length === 0), 'no directory')
  const error = await new Promise(resolve => {
    connect(port, '127.0.0.1').once('error', resolve).once('connect', resolve)
  })
  t.match(error, { code: 'ECONNREFUSED' }, 'no port')
}

const linux = process.platform !== 'linux' && 'reads /proc'

t.test('signals to eyeballd alone reach the command, once each', { skip: linux }, async t => {
  const running = await start(t)
  const { child, out, exit } = running
  const names = ['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'WINCH', 'CONT'] as const
  for (const name of names) {
    child.kill(`SIG${name}`)
    t.ok(await eventually(() => out().includes(`\n${name}\n`)), name)
  }
  child.kill('SIGTERM')
  t.same(await within(15_000, 'it ends', exit), { code: 5, signal: null })
  const lines = out().trimEnd().split('\n').slice(1)
  t.same(lines, [...names, 'TERM'])
  t.equal(running.err(), '')
  await nothingLeft(t, running)
})

const unprivileged =
  linux ||
  (process.getuid?.() !== 0 && 'needs root, to be another user') ||
  unlessMissing('setpriv')

t.test('signals that a command of another user does not get', { skip: unprivileged }, async t => {
  const script = `exec setpriv --reuid 65534 sh -c 'echo "ready $$ $http_proxy"; exec sleep 60'`
  // Root without this capability may signal only its own processes (capabilities(7)).
  const running = await start(t, script, ['setpriv', '--bounding-set=-kill', '--inh-caps=-kill'])
  const { child, err, command, exit } = running
  for (const name of ['USR1', 'USR2', 'TERM'] as const) {
    child.kill(`SIG${name}`)
    const line = `eyeballd: the command did not get SIG${name} (EPERM); it runs as another user\n`
    t.ok(await eventually(() => err().endsWith(line)), name)
  }
  process.kill(command, 'SIGTERM')
  t.same(await within(15_000, 'it ends', exit), { code: null, signal: 'SIGTERM' })
  await nothingLeft(t, running)
})

t.test('signals to the process group reach the command once', { skip: linux }, async t => {
  const running = await start(t)
  const { child, out, exit } = running
  const group = -(child.pid ?? 0)
  // Until eyeballd has seen that the command runs, a signal of the group may be older than the command.
  child.kill('SIGUSR1')
  t.ok(await eventually(() => out().includes('USR1\n')))
  // As Ctrl-C does on a terminal.
  for (let count = 1; count <= 3; count++) {
    process.kill(group, 'SIGINT')
    t.ok(await eventually(() => out().split('INT\n').length > count))
    // A signal that is passed on by mistake would come before this one.
    child.kill('SIGUSR1')
    t.ok(await eventually(() => out().split('USR1\n').length > count + 1))
  }
  process.kill(group, 'SIGTERM')
  t.same(await within(15_000, 'it ends', exit), { code: 5, signal: null })
  t.equal(out().match(/^INT$/gm)?.length, 3, out())
  t.equal(out().match(/^TERM$/gm)?.length, 1)
  await nothingLeft(t, running)
})

t.test(
  'a stop reaches the command, and stops eyeballd; both continue',
  { skip: linux || unlessMissing('perl') },
  async t => {
    // The system stops no process group whose parents all belong to other sessions.
    const fork = 'use POSIX; if (!fork) { setpgid(0, 0); exec @ARGV } wait'
    const jobControl = ['perl', '-e', fork]
    // It starts no programs: one that is stopped before its exec keeps the shell from stopping (vfork(2)).
    const sleeper = `$SIG{TERM} = sub { print "TERM\\n"; exit 5 }; sleep 1 while 1`
    const script = `echo "ready $$ $http_proxy"; exec perl -e '${sleeper}'`
    const running = await start(t, script, jobControl)
    const { command, exit } = running
    const { parent: eyeballd, group } = fieldsOf(command)
    process.kill(eyeballd, 'SIGTSTP')
    t.ok(await eventually(() => fieldsOf(eyeballd).state === 'T'), 'eyeballd has stopped')
    t.equal(fieldsOf(command).state, 'T')
    process.kill(eyeballd, 'SIGCONT')
    const continues = (): boolean => [eyeballd, command].every(pid => fieldsOf(pid).state !== 'T')
    t.ok(await eventually(continues), 'both continue')
    // As Ctrl-Z and fg do.
    process.kill(-group, 'SIGTSTP')
    t.ok(await eventually(() => fieldsOf(eyeballd).state === 'T'), 'eyeballd has stopped')
    process.kill(-group, 'SIGCONT')
    t.ok(await eventually(continues), 'both continue')
    process.kill(eyeballd, 'SIGTERM')
    await within(15_000, 'it ends', exit)
    t.match(running.out(), /TERM\n$/)
    await nothingLeft(t, running)
  },
)

t.test('the signal that ends the command ends eyeballd', { skip: linux }, async t => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGUSR2'] as const) {
    const running = await start(t, 'echo "ready $$ $http_proxy"; exec sleep 60')
    process.kill(running.command, signal)
    t.same(await within(15_000, 'it ends', running.exit), { code: null, signal })
    await nothingLeft(t, running)
  }
  const dumped = await start(t, 'echo "ready $$ $http_proxy"; ulimit -c 0; exec sleep 60')
  process.kill(dumped.command, 'SIGQUIT')
  t.same(await within(15_000, 'it ends', dumped.exit), { code: 131, signal: null })
  await nothingLeft(t, dumped)
})

t.test(
  'eyeballd is killed: the command goes on, the directory does not',
  { skip: linux },
  async t => {
    const running = await start(t)
    const { child, command, temporary } = running
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    await dead
    t.ok(await eventually(() => readdirSync(temporary).length === 0))
    t.ok(isAlive(command))
    process.kill(command, 'SIGTERM')
    await nothingLeft(t, running)
  },
)

t.test(
  'a process that the command leaves behind does not hold eyeballd',
  { skip: linux },
  async t => {
    const script = 'echo "ready $$ $http_proxy"; (exec sleep 3) >/dev/null 2>&1 & exit 3'
    const { exit, child } = await start(t, script)
    t.same(await within(15_000, 'it ends', exit), { code: 3, signal: null })
    for (const pid of membersOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL')
  },
)

t.test('exit statuses, and nothing on standard output but the command’s', async t => {
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await runEyeballd(t, {
      command: 'run',
      args: words,
      env: { LC_ALL: 'C' },
    })
    return { code, stdout, stderr }
  }
  t.same(await run('--', 'sh', '-c', 'echo out; echo err >&2; exit 7'), {
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  t.same(await run('--', '/none/at/all'), {
    code: 127,
    stdout: '',
    stderr: 'eyeballd: the command /none/at/all was not found\n',
  })
  t.match(await run('--', temporaryDirectory(t)), { code: 126, stdout: '' })
  t.match(await run('--for', 'jva', '--', 'true'), { code: 2, stderr: /did you mean "java"/ })
  t.match(await run('true'), { code: 2, stdout: '' })
  const file = join(temporaryDirectory(t), 'file')
  t.match(await run('--', 'touch', file), { code: 0 })
  t.ok(existsSync(file), 'the command works')
  rmSync(file)
  t.match(await run('--dns', 'nonsense', '--', 'touch', file), { code: 2 })
  t.notOk(existsSync(file), 'nothing was started')
  const logged = await run('--log', '--', 'true')
  t.equal(logged.stdout, '')
  t.match(logged.stderr, /"event":"listening"/)
})

t.test('without standard input, and with few open files', async t => {
  const closed = await runEyeballd(t, {
    command: 'run',
    wrap: ['sh', '-c', 'exec "$@" <&-', 'sh'],
    args: ['--', 'sh', '-c', 'cat; echo done'],
  })
  t.match(closed, { code: 0, stdout: 'done\n', stderr: '' })
  const limited = (limit: number) =>
    runEyeballd(t, {
      command: 'run',
      wrap: ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'],
      // Each relay worker has some files open, and by default there is one for every two cores.
      config: { pipe: { workers: 1 } },
      args: ['--', 'sh', '-c', 'echo done'],
    })
  const done = { code: 0, stdout: 'done\n', stderr: '' }
  t.match(await limited(256), done)
  // How many are needed depends on the host: on its Node, and on what the kernel allows.
  for (let limit = 56; limit > 24; limit -= 4) {
    const { code, stdout, stderr } = await limited(limit)
    if (code === 0) continue
    t.same({ code, stdout }, { code: 1, stdout: '' }, `limit ${limit}`)
    const message = /^eyeballd: the limit on open files is (\d+): .* needs at least (\d+), /.exec(
      stderr,
    )
    t.equal(message?.[1], String(limit), stderr)
    t.match(await limited(Number(message?.[2])), done, 'what the message asks for is enough')
    return
  }
  t.fail('no limit was too low')
})

const isBuilt = (process.env['EYEBALLD_BIN'] ?? '') !== ''

t.test(
  'too few open files to load the program',
  { skip: !isBuilt && 'what compiles the sources needs more files than the build' },
  async t => {
    // Node itself fails at lower limits, and which those are depends on its version.
    for (let limit = 16; limit <= 40; limit++) {
      const { code, stdout, stderr } = await runEyeballd(t, {
        command: 'run',
        wrap: ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'],
        args: ['--', 'sh', '-c', 'echo done'],
      })
      if (!stderr.startsWith('eyeballd: ')) continue
      t.same({ code, stdout }, { code: 1, stdout: '' }, `limit ${limit}`)
      t.match(stderr, /^eyeballd: the limit on open files is too low to load the program[^\n]*\n$/)
      return
    }
    t.fail('no limit was too low to load the program')
  },
)
