import t from 'tap'
import type { Examination } from '../../src/doctor/examine.ts'
import { finding, ok } from '../../src/doctor/findings.ts'
import { examinationJson, examinationText } from '../../src/doctor/show-findings.ts'
import { raceReport } from '../../src/eyeballs/race/report.ts'
import { wonRace } from '../fixtures/race-trace.ts'

const EXAMINATION: Examination = {
  findings: [
    ok('a', 'All is well'),
    finding('b', 'warning', `A name\u001b[2J ${'long '.repeat(20)}`.trim(), 'Do this', { x: 1 }),
    finding('c', 'problem', 'It fails', 'Start it'),
  ],
  targets: [{ findings: [], race: raceReport(wonRace), trace: wonRace }],
}

const screen = { isTTY: false, columns: 60 }

t.test('the text', async t => {
  const text = examinationText(EXAMINATION, screen, false)
  t.match(text, /^ok {7}All is well\.\nwarning {2}A name\\x1b\[2J long/)
  t.match(text, '\n         -> Do this.\nproblem  It fails.\n')
  t.match(text, '\nwon by ')
  t.match(text, /\n1 problem, 1 warning, 0 notes, 1 ok\n$/)
  const [findings = ''] = text.split('\n\n')
  t.ok(findings.split('\n').every(line => line.length < 60))
  t.notMatch(text, '\u001b')
  t.match(examinationText(EXAMINATION, screen, true), '\u001b[31mproblem\u001b[0m  It fails')
})

t.test('the object', async t => {
  const facts = { version: '1.2.3', time: 5, durationMs: 7 }
  const { findings, races, ...rest } = JSON.parse(examinationJson(EXAMINATION, facts)) as {
    findings: object[]
    races: object[]
  }
  t.strictSame(rest, { ...facts, counts: { problem: 1, warning: 1, note: 0, ok: 1 } })
  t.match(findings[1], { id: 'b', severity: 'warning', advice: 'Do this', facts: { x: 1 } })
  t.match(races, [{ target: 'example.com:443', outcome: 'won' }])
})
