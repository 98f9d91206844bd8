import { formatFailures, formatTable } from './format-table.ts'
import type { Results } from './types.ts'

const BEGIN = '<!-- What stands from here on is written by `npm run bench -- --readme`. -->'
const END = '<!-- End of what is written. -->'

const list = (words: readonly string[]): string => words.map(word => `- ${word}`).join('\n')

/** What README says of a run: the picture, the table, and what ran how. */
export const readmeSection = (results: Results, picture: string): string => {
  const { date, machine, flags, contenders } = results
  const { rounds, seconds } = flags
  const programs = contenders
    .filter(({ kind }) => kind !== 'direct')
    .map(({ name, kind, version, node, setup }) =>
      kind === 'eyeballd'
        ? `${name}: eyeballd ${version} on Node ${node}, \`${setup}\``
        : `${name} ${version}: \`${setup}\``,
    )
  const failures = formatFailures(results)
  return [
    `![eyeballd beside other proxies](${picture})`,
    formatTable(results),
    `Of ${date.slice(0, 10)}, on ${machine['cores']} cores (${machine['cpu']}), Linux ${machine['kernel']}: medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s each.`,
    ...(failures.length > 0 ? ['What failed:', list(failures)] : []),
    'What ran:',
    list(programs),
  ].join('\n\n')
}

/**
 * Puts a section between the two comments of README.
 *
 * @throws where they are not there
 */
export const replaceSection = (readme: string, section: string): string => {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) throw new Error(`README.md has no place for it: ${BEGIN} ... ${END}`)
  return `${readme.slice(0, from)}${BEGIN}\n\n${section}\n\n${readme.slice(to)}`
}
