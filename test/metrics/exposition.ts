import t from 'tap'
import { createHistogram } from '../../src/metrics/histogram.ts'
import { writeExposition } from '../../src/metrics/exposition.ts'
import { keyOf } from '../../src/metrics/snapshot.ts'

t.test('lines with type, help and labels', async t => {
  const text = await writeExposition({
    eyeballd_dns_waiting: new Map([['', 3]]),
    eyeballd_connections_total: new Map([
      ['front', 1],
      ['', 7],
    ]),
  })
  t.equal(
    text,
    `# HELP eyeballd_connections_total Connections accepted, those that are refused included.
# TYPE eyeballd_connections_total counter
eyeballd_connections_total{listener="front"} 1

# HELP eyeballd_dns_waiting Queries that wait because too many are in flight.
# TYPE eyeballd_dns_waiting gauge
eyeballd_dns_waiting 3`,
    'in the order of the list; removed listeners are not shown',
  )
})

t.test('a histogram, with labels and without', async t => {
  const histogram = createHistogram()
  histogram.observe(20)
  const [race, dns] = [new Map<string, number>(), new Map<string, number>()]
  histogram.write((bound, value) => {
    race.set(bound, value)
    dns.set(keyOf('AAAA', bound), value)
  })
  const text = await writeExposition({
    eyeballd_race_duration_seconds: race,
    eyeballd_dns_duration_seconds: dns,
  })
  for (const line of [
    '# TYPE eyeballd_race_duration_seconds histogram',
    'eyeballd_race_duration_seconds_bucket{le="0.01"} 0',
    'eyeballd_race_duration_seconds_bucket{le="0.025"} 1',
    'eyeballd_race_duration_seconds_bucket{le="+Inf"} 1',
    'eyeballd_race_duration_seconds_sum 0.02',
    'eyeballd_race_duration_seconds_count 1',
    'eyeballd_dns_duration_seconds_bucket{type="AAAA",le="+Inf"} 1',
    'eyeballd_dns_duration_seconds_count{type="AAAA"} 1',
  ])
    t.ok(text.split('\n').includes(line), line)
})

t.test('label values are escaped, and large values are numbers', async t => {
  const text = await writeExposition({
    eyeballd_connections_total: new Map([
      ['a"b\\c\nd', 2 ** 53],
      ['__proto__', 1e21],
    ]),
    process_max_fds: new Map([['', Infinity]]),
  })
  const lines = text.split('\n')
  t.ok(lines.includes(`eyeballd_connections_total{listener="a\\"b\\\\c\\nd"} ${2 ** 53}`))
  t.ok(lines.includes('eyeballd_connections_total{listener="__proto__"} 1e+21'))
  t.ok(lines.includes('process_max_fds +Inf'))
})

t.test('nothing counted yet', async t => {
  t.equal(await writeExposition({}), '')
})
