import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { Environment } from '../../config/overrides.ts'
import { codeOf, fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { printable } from '../../log/show-race.ts'

export type SshOptions = {
  readonly proxy: HostPort
  readonly env: Environment
  /** A program and its first arguments, which `PROXY-HOST PROXY-PORT HOST PORT` follow. */
  readonly proxyCommand: readonly string[]
  /** Where the private directory is made. */
  readonly temporary: string
}

export type SshWrappers = {
  readonly directory: string
  /** The variables that lead programs to the wrappers. */
  readonly variables: Environment
  readonly remove: () => void
}

/**
 * The programs of OpenSSH that take `-F` and `-o`, with their options as getopts has them (ssh(1), scp(1),
 * sftp(1)). rsync and git find `ssh` in PATH.
 */
const PROGRAMS = {
  ssh: '1246AB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVW:XYab:c:e:fgi:kl:m:no:p:qstvw:xy',
  scp: '12346ABCD:F:J:M:OP:RS:TX:c:di:l:o:pqrstv',
  sftp: '1246AB:CD:F:J:NP:R:S:X:ab:c:fhi:l:o:pqrs:v',
} as const

type Program = keyof typeof PROGRAMS

const PRIVATE = 0o700

/** A word for any shell, csh and fish included. */
export const shellQuote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The absolute path of a program in PATH; undefined if it is not there. */
export const findInPath = (name: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .map(folder => resolve(folder, name))
    .find(isProgram)

/** ssh replaces `%h` and `%p`, and reads `%%` as a percent sign. */
const proxyCommandOf = ({ proxyCommand, proxy }: SshOptions): string => {
  const words = [...proxyCommand, proxy.host, String(proxy.port)]
  return `${words.map(word => shellQuote(word.replaceAll('%', '%%'))).join(' ')} '%h' %p`
}

/**
 * The user's configuration, then the system's, then ours. ssh takes the first value that it finds, so a host
 * with a ProxyJump or a ProxyCommand of its own keeps it, and ssh passes this file on to its jump hosts.
 */
const sshConfig = (command: string): string =>
  [
    'Include ~/.ssh/config',
    'Include /etc/ssh/ssh_config',
    'Host *',
    `  ProxyCommand ${command}`,
    '',
  ].join('\n')

/** The options for a command line that has a `-F` of its own, and for any other. */
type Options = { readonly config: string; readonly command: string }

const wrapper = (name: Program, program: string, { config, command }: Options): string =>
  [
    '#!/bin/sh',
    '# Made by eyeballd run: the program behind it, through the proxy.',
    'takes_file() {',
    '  OPTIND=1',
    `  while getopts :${PROGRAMS[name]} option; do [ "$option" = F ] && return 0; done`,
    '  return 1',
    '}',
    'has_file() {',
    '  takes_file "$@" && return 0',
    '  # ssh takes options behind the host too; its command follows.',
    '  [ $# -gt $OPTIND ] && shift $OPTIND && takes_file "$@"',
    '}',
    `has_file "$@" && exec ${shellQuote(program)} ${command} "$@"`,
    `exec ${shellQuote(program)} ${config} "$@"`,
    '',
  ].join('\n')

/** What git runs. `core.sshCommand`, which GIT_SSH_COMMAND would hide, is kept: it finds `ssh` in PATH. */
const gitWrapper = (ssh: string): string =>
  [
    '#!/bin/sh',
    '# Made by eyeballd run: ssh for git, through the proxy.',
    `command=$(git config --get core.sshCommand) || exec ${shellQuote(ssh)} "$@"`,
    `exec sh -c "$command"' "$@"' "$command" "$@"`,
    '',
  ].join('\n')

const isSsh = (program: string): boolean => /(?:^|\/)ssh$/.test(program)

/** The user's own command with the options behind its first word, if that is ssh; null: it is another program. */
const extended = (inherited: string, ssh: string, { config, command }: Options): string | null => {
  const [, first = '', rest = ''] = /^\s*(\S+)(.*)$/s.exec(inherited) ?? []
  const program = first === 'ssh' ? ssh : first
  // Another program finds the wrapper of ssh in PATH, and may not know the options.
  if (!isSsh(program)) return null
  const options = /\s-F/.test(rest) ? command : config
  return `${first === 'ssh' ? shellQuote(ssh) : first} ${options}${rest}`
}

const gitCommand = (
  { GIT_SSH_COMMAND, GIT_SSH }: Environment,
  paths: { readonly ssh: string; readonly git: string },
  options: Options,
): string | undefined => {
  if (GIT_SSH_COMMAND) return extended(GIT_SSH_COMMAND, paths.ssh, options) ?? GIT_SSH_COMMAND
  // git prefers GIT_SSH_COMMAND, which must not replace a program that the user chose.
  if (GIT_SSH) {
    const program = GIT_SSH === 'ssh' ? paths.ssh : GIT_SSH
    return isSsh(program) ? `${shellQuote(program)} ${options.config}` : undefined
  }
  return shellQuote(paths.git)
}

const fill = (directory: string, options: SshOptions): Environment => {
  const { env } = options
  const path = env.PATH ?? ''
  const ssh = findInPath('ssh', path)
  if (ssh === undefined) throw fail('ERR_CONFIG', '--for ssh: found no program ssh in PATH')
  const proxyCommand = proxyCommandOf(options)
  const configFile = join(directory, 'ssh_config')
  writeFileSync(configFile, sshConfig(proxyCommand))
  const given: Options = {
    config: `-F ${shellQuote(configFile)}`,
    command: `-o ${shellQuote(`ProxyCommand=${proxyCommand}`)}`,
  }
  const write = (folder: string, name: string, text: string): string => {
    const file = join(folder, name)
    writeFileSync(file, text)
    chmodSync(file, PRIVATE)
    return file
  }
  const bin = join(directory, 'bin')
  mkdirSync(bin, PRIVATE)
  for (const name of Object.keys(PROGRAMS) as Program[]) {
    const program = findInPath(name, path)
    if (program !== undefined) write(bin, name, wrapper(name, program, given))
  }
  const gitFolder = join(directory, 'git')
  mkdirSync(gitFolder, PRIVATE)
  // git knows by the name `ssh` which options it takes.
  const git = write(gitFolder, 'ssh', gitWrapper(join(bin, 'ssh')))
  if (!isProgram(git)) {
    const message = `programs in ${directory} cannot be run (mounted noexec?); set TMPDIR to another directory`
    throw fail('ERR_CONFIG', `--for ssh: ${message}`)
  }
  return {
    PATH: path === '' ? bin : `${bin}${delimiter}${path}`,
    GIT_SSH_COMMAND: gitCommand(env, { ssh, git }, given),
  }
}

/** Why nothing can be written in a directory. */
const UNUSABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'it is not a directory',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'its path is too long',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is mounted read-only',
  ENOSPC: 'no space is left on it',
  EDQUOT: 'the disk quota of this user is used up',
}

/** Runs what writes in the temporary directory. @throws ERR_CONFIG if that directory cannot be used */
const writingIn = <T>(temporary: string, write: () => T): T => {
  try {
    return write()
  } catch (error) {
    const why = UNUSABLE[codeOf(error)]
    if (why === undefined) throw error
    const found = `no file can be written in the temporary directory ${printable(temporary)}: ${why}`
    throw fail('ERR_CONFIG', `--for ssh: ${found}; set TMPDIR to another directory`, {}, error)
  }
}

/**
 * Makes a private directory with programs in front of ssh, scp and sftp, which lead them through the proxy.
 *
 * @throws ERR_CONFIG if there is no ssh, the temporary directory cannot be used, or programs in it cannot be
 * run; the system's other errors
 */
export const makeSshWrappers = (options: SshOptions): SshWrappers => {
  // The command may run in another directory, and a script of it may change to one.
  const temporary = resolve(options.temporary)
  return writingIn(temporary, () => {
    // mkdtemp gives it mode 0700.
    const directory = mkdtempSync(join(temporary, 'eyeballd-run-'))
    const remove = (): void => rmSync(directory, { recursive: true, force: true })
    try {
      return { directory, variables: fill(directory, options), remove }
    } catch (error) {
      remove()
      throw error
    }
  })
}
