import { CONFIG_FLAG, JSON_OUTPUT, daemonFlag, flagsUnder } from './shared-options.ts'
import type { CommandDefinition } from './types.ts'

/** `eyeballd doctor`. */
export const DOCTOR: CommandDefinition = {
  name: 'doctor',
  summary: "Examine this host's network, and say what to do",
  about:
    'Looks at routes and source addresses of both families, DNS servers, NAT64, path MTU, the clock, limits on open ' +
    'files, the engine and the ports that the daemon uses, races a few targets, and asks a running daemon (--admin) ' +
    'what its history holds. Each finding is ok, a note, a ' +
    'warning or a problem, with what to do. All probes run side by side, for 10 s at most. ' +
    'Exit status 1 where there is a problem.',
  positionals: [
    {
      name: 'target',
      about: 'HOST (port 443), HOST:PORT, [IPV6]:PORT or a URL; default: example.com',
      required: false,
      repeated: true,
    },
  ],
  options: [
    CONFIG_FLAG,
    JSON_OUTPUT,
    {
      name: 'offline',
      type: 'switch',
      about: 'Ask no DNS server, connect to no target: nothing leaves this host',
      default: 'off',
    },
    daemonFlag('no daemon is asked'),
    ...flagsUnder('resolver'),
  ],
  examples: [
    ['eyeballd doctor', 'this host, and the ports of a daemon without configuration'],
    [
      'eyeballd doctor -c /etc/eyeballd.yaml db.example.com:5432',
      "a daemon's addresses and history, and a target",
    ],
  ],
}
