import t from 'tap'
import { TARGETS_MAX, readTargets } from '../../src/cli/read-targets.ts'
import { inputOf } from '../fixtures/cli-io.ts'

const noInput = (): never => {
  throw new Error('standard input is left alone')
}

t.test('targets from words', async t => {
  t.strictSame(await readTargets(['a.example', 'b.example:80'], noInput), [
    { host: 'a.example', port: 443 },
    { host: 'b.example', port: 80 },
  ])
})

t.test('- is a target a line of standard input, in its place among the words', async t => {
  const input = inputOf('# ours\nb.exam', 'ple:80\r\n\n  https://c.example/#x  # a comment\n', 'd')
  const targets = await readTargets(['a.example', '-', 'e.example'], () => input)
  t.strictSame(
    targets.map(({ host, port }) => `${host}:${port}`),
    ['a.example:443', 'b.example:80', 'c.example:443', 'd:443', 'e.example:443'],
  )
})

t.test('what is wrong', async t => {
  const rejects = (words: readonly string[], text: string, message: RegExp) =>
    t.rejects(
      readTargets(words, () => inputOf(text)),
      { code: 'ERR_CONFIG', message },
    )
  await rejects(['-', '-'], 'a', /^TARGET: found - several times/)
  await rejects(['-'], '# nothing\n', /^TARGET: standard input has none/)
  await rejects(['-'], 'a.example\nx:\n', /^standard input, line 2: "x:" is not/)
  await rejects(['-'], 'a\n'.repeat(TARGETS_MAX + 1), /^TARGET: found more than 10000 targets/)
})

t.test('an endless input is not read to its end', async t => {
  let read = 0
  const endless = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        read++
        yield Buffer.alloc(65_536, '\n')
      }
    },
  }
  await t.rejects(
    readTargets(['-'], () => endless),
    { code: 'ERR_CONFIG', message: /more than/ },
  )
  t.ok(read < 100)
})
