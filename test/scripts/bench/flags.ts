import t from 'tap'
import { parseFlags, wanted } from '../../../scripts/bench/flags.ts'

t.test('defaults', async t => {
  t.same(parseFlags([]), {
    rounds: 5,
    seconds: 1,
    warmUpSeconds: 10,
    only: [],
    steps: [],
    nodes: ['26', '20'],
    firstPort: 17_000,
    json: '.bench/bench.json',
    svg: '.bench/bench.svg',
    isReadme: false,
  })
  const { rounds, seconds, warmUpSeconds, nodes } = parseFlags(['--quick'])
  t.same(
    { rounds, seconds, warmUpSeconds, nodes },
    { rounds: 1, seconds: 0.5, warmUpSeconds: 1, nodes: ['26'] },
  )
})

t.test('what is given', async t => {
  const words =
    '--quick --rounds 7 --seconds 2.5 --warm-up 3 --only a,b --only c --steps d --node 24 --node /n --bin x --port 2000 --json j --svg s --readme --from f'
  t.same(parseFlags(words.split(' ')), {
    rounds: 7,
    seconds: 2.5,
    warmUpSeconds: 3,
    only: ['a', 'b', 'c'],
    steps: ['d'],
    nodes: ['24', '/n'],
    bin: 'x',
    firstPort: 2000,
    json: 'j',
    svg: 's',
    isReadme: true,
    from: 'f',
  })
})

t.test('what is wrong', async t => {
  const wrong = [
    '--rounds=0',
    '--rounds=1.5',
    '--rounds=',
    '--seconds=x',
    '--warm-up=0',
    '--port=80',
    '--no',
    'x',
  ]
  for (const word of wrong) t.throws(() => parseFlags([word]), word)
})

t.test('some of all, by parts of their names', async t => {
  const things = [{ name: 'direct' }, { name: 'eyeballd splice' }, { name: 'HAProxy' }]
  t.same(wanted('only', things, []), things)
  t.same(wanted('only', things, ['haproxy', 'splice']), things.slice(1))
  t.throws(() => wanted('only', things, ['splice', 'nginx']), {
    message: '--only: "nginx" is in none of these names: direct, eyeballd splice, HAProxy',
  })
})
