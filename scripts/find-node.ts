import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

export const isVersion = (word: string): boolean => /^\d+(\.\d+)*$/.test(word)

/** A PATH by which what is started by the name `node` is this program. */
export const pathWith = (program: string): string =>
  `${dirname(program)}${delimiter}${process.env['PATH'] ?? ''}`

/**
 * The program of a version of Node, installed by npm into its cache where it is not there yet, and its
 * exact version; undefined where it cannot be had.
 */
export const findNode = (
  version: string,
): readonly [program: string, exact: string] | undefined => {
  const { stdout, status } = spawnSync(
    'npx',
    ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath + " " + process.version'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [, program, exact] = /^(.*) (\S+)\n$/.exec(stdout) ?? []
  return status === 0 && program !== undefined && exact !== undefined ? [program, exact] : undefined
}
