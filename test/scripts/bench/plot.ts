import t from 'tap'
import { plot } from '../../../scripts/bench/plot.ts'
import { readmeSection, replaceSection } from '../../../scripts/bench/readme-section.ts'
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

t.test('README gets the plot, the table, what failed, and what ran', async t => {
  const section = readmeSection(results, 'docs/picture.svg')
  t.match(section, '](docs/picture.svg)')
  t.match(section, '| download, 1 connection, Gbit/s ')
  t.match(section, 'Of 2026-01-02, on 2 cores (Some CPU), Linux 6.1.0: medians of 3 rounds of 1 s')
  t.match(section, '- slow, down1: lost a byte')
  t.match(section, `- ${SPLICE}: eyeballd 1.2.3 on Node 26.1.0, \`${SPLICE} & "others" <PORT>\``)
  t.match(section, '- fast 1.2.3: `fast & "others" <PORT>`')
  t.notMatch(section, '- direct')
  t.notMatch(readmeSection(benchResults([]), ''), 'What failed')
  const once = { ...results, flags: { rounds: 1, seconds: 0.5 } }
  t.match(readmeSection(once, ''), 'medians of 1 round of 0.5 s')
})

t.test('the section replaces what stood in its place, and nothing else', async t => {
  const begin = '<!-- What stands from here on is written by `npm run bench -- --readme`. -->'
  const end = '<!-- End of what is written. -->'
  const readme = `# a\n\n${begin}\n\nold\n\n${end}\n\nb\n`
  const replaced = replaceSection(readme, 'new')
  t.equal(replaced, `# a\n\n${begin}\n\nnew\n\n${end}\n\nb\n`)
  t.equal(replaceSection(replaced, 'new'), replaced)
  for (const wrong of ['', begin, end, `${end}${begin}`]) {
    t.throws(() => replaceSection(wrong, 'new'), { message: /no place/ }, wrong)
  }
})
