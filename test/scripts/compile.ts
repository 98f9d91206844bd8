import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { runProgram } from '../fixtures/programs.ts'
import type { Said } from '../fixtures/programs.ts'
import { makeScratchRepository } from '../fixtures/scratch-repository.ts'

t.setTimeout(120_000)

const node = (t: Test, cwd: string, file: string): Promise<Said> =>
  runProgram(t, process.execPath, [file], { cwd, env: { NODE_OPTIONS: '' } })

t.test('what is compiled runs by node alone', async t => {
  const { directory } = makeScratchRepository(t, {
    'src/where.ts': `import { readFileSync } from 'node:fs'
      const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
      export const where: string = import.meta.url
      export const { name }: { name: string } = JSON.parse(text)`,
    'test/deep/main.ts': `import { where, name } from '../../src/where.ts'
      console.log(import.meta.url, where, name)`,
  })
  t.match(await node(t, directory, 'scripts/compile.mjs'), { stdout: '', stderr: '', code: 0 })
  const { stdout } = await node(t, directory, '.build/compiled/test/deep/main.js')
  const address = (path: string): string => pathToFileURL(join(directory, path)).href
  t.same(
    stdout.trim().split(' '),
    [address('test/deep/main.ts'), address('.build/compiled/src/where.js'), 'eyeballd'],
    'a test finds files by its source, a source by what was compiled',
  )
  t.same(readdirSync(join(directory, '.build')), ['compiled'], 'nothing else is left')
})

t.test('many at the same time, and readers meanwhile, see whole files', async t => {
  const text = 'x'.repeat(1_000_000)
  const { directory } = makeScratchRepository(t, { 'src/long.ts': `console.log('${text}')` })
  await node(t, directory, 'scripts/compile.mjs')
  const seen = new Set<string>()
  const reading = setInterval(() => {
    seen.add(readFileSync(join(directory, '.build/compiled/src/long.js'), 'utf8'))
  }, 1)
  const compile = () => node(t, directory, 'scripts/compile.mjs')
  const ends = await Promise.all([compile(), compile(), compile(), compile()])
  clearInterval(reading)
  t.same(
    ends.map(({ code }) => code),
    [0, 0, 0, 0],
  )
  t.equal(seen.size, 1)
  t.match([...seen][0], `console.log('${text}');`)
})
