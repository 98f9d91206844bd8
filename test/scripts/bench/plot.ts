import t from 'tap'
import { readFileSync } from 'node:fs'
import { plot } from '../../../scripts/bench/plot.ts'
import {
  benchmarksSection,
  readmeSection,
  replaceSection,
} from '../../../scripts/bench/readme-section.ts'
import { benchResults, samplesOf } from '../../fixtures/bench-results.ts'

const SPLICE = 'eyeballd splice, Node 26'

const results = benchResults([
  ...samplesOf('down1', 'direct', { down1: 40 }),
  ...samplesOf('down1', SPLICE, { down1: 20 }),
  ...samplesOf('down1', 'slow', 'lost a byte'),
  ...samplesOf('down1', 'fast', { down1: 10 }),
  ...samplesOf('idle', SPLICE, { idle: 2, held: 1 }),
  ...samplesOf('idle', 'slow', { idle: 3, held: 1 }),
  ...samplesOf('idle', 'fast', { idle: 300, held: 1 }),
  ...samplesOf('ping', 'fast', 'stuck'),
])

const count = (text: string, part: string): number => text.split(part).length - 1

t.test('a bar for each that has a value, as long as it is great', async t => {
  const svg = plot(results)
  t.equal(count(svg, '>download, 1 connection<'), 1)
  t.notMatch(svg, '>round trips, 20 connections<', 'no panel where all failed')
  const widths = [...svg.matchAll(/width="([\d.]+)" height="13" class="(\w+)"/g)].map(
    ([, width, style]) => [style, Number(width)],
  )
  t.same(widths, [
    ['direct', 210],
    ['splice', 105],
    ['peer', 52.5],
    // Four times the median is the end of the panel.
    ['splice', 35],
    ['peer', 52.5],
    ['peer', 210],
    ['ground', 5],
  ])
  t.match(svg, '>300.0<')
  t.match(svg, /prefers-color-scheme: dark/)
  t.equal(count(svg, '<text'), count(svg, '</text>'))
})

t.test('without a value there is no panel, and names may hold anything', async t => {
  t.equal(count(plot(benchResults([])), '<rect'), 1)
  const [first, ...rest] = results.contenders
  const named = { ...results, contenders: [{ ...first, name: 'a<b & "c"' }, ...rest] }
  const samples = samplesOf('down1', 'a<b & "c"', { down1: 1 })
  t.match(plot({ ...named, samples } as typeof results), '>a&lt;b &amp; &quot;c&quot;<')
})

t.test('README gets the plot and a short table', async t => {
  const section = readmeSection(results, 'docs/picture.svg')
  t.match(section, '](docs/picture.svg)')
  t.match(section, '| download, 1 connection, Gbit/s ')
  t.match(section, '| memory of an idle connection, kB ')
  t.notMatch(section, 'idle connections held', 'not every row')
  t.match(
    section,
    'Measured on 2026-01-02, on 2 cores (Some CPU), Linux 6.1.0: medians of 3 rounds of 1 s',
  )
  t.notMatch(section, 'What ran', 'the rest is for docs/benchmarks.md')
  const once = { ...results, flags: { rounds: 1, seconds: 0.5 } }
  t.match(readmeSection(once, ''), 'medians of 1 round of 0.5 s')
})

t.test('of several versions of Node the short table has the first', async t => {
  const [direct, splice, ...rest] = results.contenders
  const older = { ...splice, name: 'eyeballd splice, Node 20' }
  const two = { ...results, contenders: [direct, splice, older, ...rest] } as typeof results
  t.match(readmeSection(two, ''), SPLICE)
  t.notMatch(readmeSection(two, ''), older.name)
  t.match(benchmarksSection(two), older.name)
})

t.test('docs/benchmarks.md gets the whole table, what failed, and what ran', async t => {
  const section = benchmarksSection(results)
  t.match(section, '| download, 1 connection, Gbit/s ')
  t.match(section, '| idle connections held ')
  t.match(
    section,
    'Measured on 2026-01-02, on 2 cores (Some CPU), Linux 6.1.0: medians of 3 rounds of 1 s',
  )
  t.match(section, '- slow, down1: lost a byte')
  t.match(section, `- ${SPLICE}: eyeballd 1.2.3 on Node 26.1.0, \`${SPLICE} & "others" <PORT>\``)
  t.match(section, '- fast 1.2.3: `fast & "others" <PORT>`')
  t.notMatch(section, '- direct')
  t.notMatch(benchmarksSection(benchResults([])), 'What failed')
  const once = { ...results, flags: { rounds: 1, seconds: 0.5 } }
  t.match(benchmarksSection(once), 'medians of 1 round of 0.5 s')
})

t.test('the section replaces what stood in its place, and nothing else', async t => {
  const begin =
    '<!-- `npm run bench -- --readme` writes everything from here to the end of this section. -->'
  const end = '<!-- End of what `npm run bench -- --readme` writes. -->'
  const document = `# a\n\n${begin}\n\nold\n\n${end}\n\nb\n`
  const replaced = replaceSection('a.md', document, 'new')
  t.equal(replaced, `# a\n\n${begin}\n\nnew\n\n${end}\n\nb\n`)
  t.equal(replaceSection('a.md', replaced, 'new'), replaced)
  for (const wrong of ['', begin, end, `${end}${begin}`]) {
    t.throws(() => replaceSection('a.md', wrong, 'new'), { message: /^a\.md has no place/ }, wrong)
  }
  for (const path of ['README.md', 'docs/benchmarks.md']) {
    t.doesNotThrow(() => replaceSection(path, readFileSync(path, 'utf8'), 'new'), path)
  }
})
