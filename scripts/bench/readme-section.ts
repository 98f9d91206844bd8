import { formatFailures, formatShortTable, formatTable } from './format-table.ts'
import type { Results } from './types.ts'

const BEGIN =
  '<!-- `npm run bench -- --readme` writes everything from here to the end of this section. -->'
const END = '<!-- End of what `npm run bench -- --readme` writes. -->'

/** The rows of README's table. */
const SHORT = ['down1', 'cpu', 'ping', 'socks', 'http', 'forward', 'base', 'idle']

const list = (words: readonly string[]): string => words.map(word => `- ${word}`).join('\n')

const when = ({ date, machine, flags: { rounds, seconds } }: Results): string =>
  `Measured on ${date.slice(0, 10)}, on ${machine['cores']} cores (${machine['cpu']}), Linux ${machine['kernel']}: medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s each.`

/**
 * What README says of a run: the picture and a short table.
 *
 * @param picture its path from README
 */
export const readmeSection = (results: Results, picture: string): string =>
  [
    `![eyeballd beside other proxies](${picture})`,
    formatShortTable(results, SHORT),
    when(results),
  ].join('\n\n')

/** What docs/benchmarks.md says of a run: the whole table, what failed, and what ran how. */
export const benchmarksSection = (results: Results): string => {
  const programs = results.contenders
    .filter(({ kind }) => kind !== 'direct')
    .map(({ name, kind, version, node, setup }) =>
      kind === 'eyeballd'
        ? `${name}: eyeballd ${version} on Node ${node}, \`${setup}\``
        : `${name} ${version}: \`${setup}\``,
    )
  const failures = formatFailures(results)
  return [
    formatTable(results),
    when(results),
    ...(failures.length > 0 ? ['What failed:', list(failures)] : []),
    'What ran:',
    list(programs),
  ].join('\n\n')
}

/**
 * Puts a section between the two comments of a document.
 *
 * @param path of the document, for the error
 * @throws if the comments are not there
 */
export const replaceSection = (path: string, document: string, section: string): string => {
  const from = document.indexOf(BEGIN)
  const to = document.indexOf(END)
  if (from < 0 || to < from)
    throw new Error(`${path} has no place for the results: ${BEGIN} ... ${END}`)
  return `${document.slice(0, from)}${BEGIN}\n\n${section}\n\n${document.slice(to)}`
}
