import { didYouMean } from '../config/suggest.ts'
import { fail } from '../core/fail.ts'
import { EXIT_DONE, textOf } from './command.ts'
import { bashCompletion } from './completion/bash.ts'
import { fishCompletion } from './completion/fish.ts'
import { zshCompletion } from './completion/zsh.ts'
import { SHELLS } from './definitions.ts'
import type { RunCommand } from './types.ts'

type Shell = (typeof SHELLS)[number]

const SCRIPTS: Readonly<Record<Shell, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

const known = (name: string): Shell | undefined => SHELLS.find(shell => shell === name)

/**
 * `eyeballd completion [SHELL]`: prints the script for the given shell, else for the shell in the variable
 * SHELL, else for bash.
 */
export const completion: RunCommand = async (args, { env, stdout }) => {
  const asked = textOf(args, 'shell', 'SHELL')
  const shell =
    asked === undefined ? (known(env.SHELL?.split('/').at(-1) ?? '') ?? 'bash') : known(asked)
  if (!shell) {
    const name = asked ?? ''
    throw fail(
      'ERR_CONFIG',
      `SHELL: found ${JSON.stringify(name)}; allowed: ${SHELLS.join(', ')}${didYouMean(name, SHELLS)}`,
    )
  }
  stdout.write(SCRIPTS[shell]())
  return EXIT_DONE
}
