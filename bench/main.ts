import { type Bench, keep, machine, printTable } from './harness.ts'

/** `npm run bench -- <name> [--quick] [--json]` */
const benches: Record<string, () => Promise<Bench>> = {
  look: async () => (await import('./look.ts')).look,
  collect: async () => (await import('./collect.ts')).collect,
  consent: async () => (await import('./consent.ts')).consent,
  search: async () => (await import('./search.ts')).search,
  ledger: async () => (await import('./ledger.ts')).ledger,
  migrate: async () => (await import('./migrate.ts')).migrate,
  rotate: async () => (await import('./rotate.ts')).rotate,
  copy: async () => (await import('./copy.ts')).copy,
  start: async () => (await import('./start.ts')).start,
}
const args = process.argv.slice(2)
const name = args.find((arg) => !arg.startsWith('--'))
const load = name === undefined ? undefined : benches[name]
if (!name || !load || args.some((arg) => arg.startsWith('--') && arg !== '--quick' && arg !== '--json')) {
  process.stderr.write(`usage: npm run bench -- <${Object.keys(benches).join(' | ')}> [--quick] [--json]\n`)
  process.exit(2)
}
const json = args.includes('--json')
const quick = args.includes('--quick')
const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`)
const bench = await load()
const { ratios, figures, table } = await bench({ quick, say })
printTable(table, say)
const result = { name, date: new Date().toISOString(), quick, machine: machine(), ratios, figures }
const path = await keep(name, result)
say(`kept in ${path.slice(path.indexOf('bench/'))}`)
if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
