import { COMMON_OPTIONS, DEFAULT_COMMAND } from '../../src/cli/definitions.ts'
import type { CommandDefinition, OptionDefinition } from '../../src/cli/types.ts'

/** The options of a command, split into those to describe and those that are described with `serve`. */
export type SplitOptions = {
  readonly own: readonly OptionDefinition[]
  readonly shared: readonly OptionDefinition[]
}

/** Splits the options of a command, so that one that many commands have is described once. */
export const splitOptions = (command: CommandDefinition): SplitOptions => {
  if (command === DEFAULT_COMMAND) {
    return { own: [...command.options, ...COMMON_OPTIONS], shared: [] }
  }
  const isShared = (option: OptionDefinition): boolean =>
    DEFAULT_COMMAND.options.some(
      ({ name, about, default: fallback }) =>
        name === option.name && about === option.about && fallback === option.default,
    )
  return {
    own: command.options.filter(option => !isShared(option)),
    shared: command.options.filter(isShared),
  }
}
