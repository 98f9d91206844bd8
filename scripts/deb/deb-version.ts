/**
 * The version of a package of Debian for a version of npm. A pre-release sorts before its release, as `~` does before
 * everything.
 */
export const debVersion = (version: string): string => `${version.replace('-', '~')}-1`
