import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { runProgram } from '../fixtures/programs.ts'
import type { Said } from '../fixtures/programs.ts'
import { makeScratchRepository } from '../fixtures/scratch-repository.ts'

t.setTimeout(120_000)

/** Runs a file of a scratch repository by node, with the loader under test. */
const run = (t: Test, cwd: string, ...words: readonly string[]): Promise<Said> =>
  runProgram(t, process.execPath, ['--import=./scripts/compiled.mjs', ...words], {
    cwd,
    env: { NODE_OPTIONS: '' },
  })

const VALUE = 'export const value: number = '

t.test('a source runs at its own address, as it is now', async t => {
  const { directory, write } = makeScratchRepository(t, {
    'src/value.ts': `${VALUE}1`,
    'src/older.ts': `${VALUE}3`,
    'test/main.ts': `import { value } from '../src/value.ts'
      console.log(value, import.meta.url)`,
  })
  const address = pathToFileURL(join(directory, 'test/main.ts')).href
  t.match(await run(t, directory, 'test/main.ts'), {
    stdout: `1 ${address}\n`,
    stderr: '',
    code: 0,
  })
  write('src/value.ts', `${VALUE}2`)
  t.equal((await run(t, directory, 'test/main.ts')).stdout, `2 ${address}\n`, 'changed')

  renameSync(join(directory, 'src/older.ts'), join(directory, 'src/value.ts'))
  const replaced = await run(t, directory, 'test/main.ts')
  t.equal(replaced.stdout, `3 ${address}\n`, 'replaced by one whose last write is older')

  rmSync(join(directory, 'src/value.ts'))
  t.match((await run(t, directory, 'test/main.ts')).stderr, /ERR_MODULE_NOT_FOUND/, 'removed')
  write('src/value.ts', `${VALUE}4`)

  const moved = `${directory}-moved`
  renameSync(directory, moved)
  t.teardown(() => rmSync(moved, { recursive: true, force: true }))
  t.equal(
    (await run(t, moved, 'test/main.ts')).stdout,
    `4 ${pathToFileURL(join(moved, 'test/main.ts')).href}\n`,
    'moved with all that was compiled',
  )
})

t.test('threads and processes load what they name as in a build', async t => {
  const { directory } = makeScratchRepository(t, {
    'src/start.ts': `import { fork } from 'node:child_process'
      import { once } from 'node:events'
      import { fileURLToPath } from 'node:url'
      import { Worker } from 'node:worker_threads'
      const address = new URL('./child.js', import.meta.url)
      await once(new Worker(address, { workerData: 'a thread' }), 'exit')
      await once(fork(fileURLToPath(address)), 'exit')`,
    'src/child.ts': `import { workerData } from 'node:worker_threads'
      import { tell } from './tell.ts'
      tell(workerData ?? 'a process')`,
    'src/tell.ts': `import { writeSync } from 'node:fs'
      export const tell = (who: string): void => void writeSync(1, who + '\\n')`,
  })
  const said = await run(t, directory, 'src/start.ts')
  t.match(said, { stdout: 'a thread\na process\n', stderr: '', code: 0 })
})

t.test('an exception names the line of the source', async t => {
  const { directory } = makeScratchRepository(t, {
    'src/main.ts': `type Lost = {
  readonly onlyHere: number
}

const lost: Lost = { onlyHere: 1 }
throw new Error(String(lost.onlyHere))
`,
  })
  const { stderr } = await run(t, directory, '--enable-source-maps', 'src/main.ts')
  t.match(stderr, /src\/main\.ts:6:7/)
})

t.test('a change of what decides how to compile compiles all again', async t => {
  const { directory, write } = makeScratchRepository(t, {
    'src/main.ts': 'console.log(String(() => /* why */ 1))',
  })
  t.equal((await run(t, directory, 'src/main.ts')).stdout, '() => /* why */ 1\n')
  const options = { rootDir: '.', module: 'nodenext', removeComments: true }
  write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['src'] }))
  t.equal((await run(t, directory, 'src/main.ts')).stdout, '() => 1\n')
})

t.test('what cannot be compiled is reported, with its line', async t => {
  const { directory, write } = makeScratchRepository(t, {
    'src/main.ts': `import './broken.ts'`,
    'src/broken.ts': `\nconst a: = 1`,
  })
  const broken = await run(t, directory, 'src/main.ts')
  t.match(broken, { stdout: '', stderr: /src\/broken\.ts\(2,10\): error TS/, code: 1 })
  write('src/broken.ts', `console.log('mended')`)
  t.match(await run(t, directory, 'src/main.ts'), { stdout: 'mended\n', stderr: '', code: 0 })
})
