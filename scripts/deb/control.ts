import type { Architecture } from './pinned.ts'
import { NODE } from './pinned.ts'

/** What the control file says of one build. */
export type ControlFacts = {
  readonly version: string
  readonly architecture: Architecture
  readonly installedKib: number
}

/** Who made the package, by the variables that Debian's tools read. */
const maintainer = ({ DEBFULLNAME, DEBEMAIL }: NodeJS.ProcessEnv): string =>
  `${DEBFULLNAME ?? 'eyeballd contributors'} <${DEBEMAIL ?? 'eyeballd@packages.invalid'}>`

/** The text of the control file. */
export const controlText = (
  { version, architecture, installedKib }: ControlFacts,
  description: string,
  env: NodeJS.ProcessEnv = process.env,
): string =>
  [
    'Package: eyeballd',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer(env)}`,
    `Installed-Size: ${installedKib}`,
    `Depends: ${NODE.depends}`,
    'Section: net',
    'Priority: optional',
    `Description: ${description}`,
  ].join('\n')

/** The date of a changelog's entry: RFC 5322 in UTC. */
const dateOf = (seconds: number): string =>
  new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')

/** The changelog in Debian's form, which has one entry: what changed is in `changelog.gz`. */
export const changelogText = (
  version: string,
  seconds: number,
  env: NodeJS.ProcessEnv = process.env,
): string =>
  `eyeballd (${version}) unstable; urgency=medium

  * What changed is in changelog.gz. The package has Node.js ${NODE.version}.

 -- ${maintainer(env)}  ${dateOf(seconds)}
`
