/** The units of systemd that the package installs, by what is to be done with them. */
export type Units = {
  readonly services: readonly string[]
  readonly sockets: readonly string[]
  readonly templates: readonly string[]
}

/**
 * Sorts units: what has an [Install] section is enabled and started, and a template is restarted where it runs.
 *
 * @param texts the units by their file names
 */
export const sortUnits = (texts: ReadonlyMap<string, string>): Units => {
  const names = [...texts.keys()].toSorted()
  const isTemplate = (name: string): boolean => name.includes('@')
  const hasInstall = (name: string): boolean => /^\[Install\]/m.test(texts.get(name) ?? '')
  const enabled = names.filter(name => !isTemplate(name) && hasInstall(name))
  return {
    services: enabled.filter(name => name.endsWith('.service')),
    sockets: enabled.filter(name => name.endsWith('.socket')),
    templates: names.filter(name => isTemplate(name) && name.endsWith('.service')),
  }
}

/** A maintainer script with the units of the package in its variables. */
export const withUnits = (script: string, { services, sockets, templates }: Units): string => {
  const variables = [
    `SERVICES='${services.join(' ')}'`,
    `SOCKETS='${sockets.join(' ')}'`,
    `TEMPLATES='${templates.join(' ')}'`,
  ]
  const text = script.replace(/^# SERVICES, .*\n/m, '')
  return text.replace(/^set -e\n/m, () => `set -e\n${variables.join('\n')}\n`)
}
