import { RaceMachine } from 'eyeballd'

const machine = new RaceMachine({
  addresses: [
    { family: 6, address: '2001:db8::1', port: 443 },
    { family: 4, address: '192.0.2.1', port: 443 },
  ],
})
const show = commands => console.log(...commands.map(({ type, address }) => address ?? type))

show(machine.handle({ type: 'wake' }, 0))
show(machine.handle({ type: 'wake' }, 250))
show(machine.handle({ type: 'connected', id: 2, local: '192.0.2.77:40112' }, 271))
