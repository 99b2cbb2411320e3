import type { IFlattenedRuleSet, IRegularForbiddenRuleType } from 'dependency-cruiser'
import { faces, packages, purePackages, rooms, sequencerWay } from './floors.ts'

/** Where an npm package may be imported. `tests` stands for every test file. */
export interface Ownership {
  readonly name: string
  readonly owners: readonly string[]
}

/** Test files, and what only they use: `test-world.ts`, `parent.fixture.ts`. */
const testFile = '\\.(test|bench|fixture)\\.tsx?$|/test-[^/]+\\.tsx?$|/testing(\\.ts$|/)'
const anyRoom = 'kernel|platform|domains/[^/]+'
/** `rules.ts`, `consent-rules.ts` or a folder `rules/`. */
const rulesFile = `^server/(${anyRoom})/[^/]*rules(\\.ts$|/)`
const top = '^server/(?!kernel/|platform/|domains/)'
const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
const either = (names: readonly string[]) => `(${names.map(literally).join('|')})`

const forbid = (
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType => ({ name, comment, severity: 'error', from, to })

const lookDownOnly = rooms.map(({ path, floor }) => {
  const sameFloorOrAbove = rooms.filter((other) => other.path !== path && other.floor >= floor)
  return forbid(
    'look down only',
    'A room imports lower floors only; type imports count. Upward speech is an event, sideways speech a function.',
    { path: `^${literally(path)}/` },
    { path: [top, ...sameFloorOrAbove.map((other) => `^${literally(other.path)}/`)] },
  )
})

const frontDoors = [
  forbid(
    'front doors only',
    'Another room is entered through its index.ts.',
    { path: `^server/(${anyRoom})/` },
    { path: `^server/(${anyRoom})/`, pathNot: ['^server/$1/', `^server/(${anyRoom})/index\\.ts$`] },
  ),
  forbid(
    'front doors only',
    'The hall, too, enters a room through its index.ts.',
    { path: top },
    { path: `^server/(${anyRoom})/`, pathNot: [`^server/(${anyRoom})/index\\.ts$`] },
  ),
  forbid(
    'front doors only',
    'A package is entered through its index.ts. Journeys may borrow the browser of the portal’s tests.',
    { path: '^([^/]+)/', pathNot: ['^server/journeys/'] },
    { path: `^${either(packages)}/`, pathNot: ['^$1/', `^${either(packages)}/index\\.ts$`] },
  ),
  forbid(
    'front doors only',
    'A package is entered through its index.ts. Journeys may borrow the browser of the portal’s tests.',
    { path: '^server/journeys/' },
    { path: `^${either(packages)}/`, pathNot: [`^${either(packages)}/index\\.ts$`, '^web/tests/browser\\.ts$'] },
  ),
  forbid(
    'relative imports stay inside',
    'Another room is called by its name (#vault), another package by its own (@bailee/proof).',
    { path: `^server/(${anyRoom})/` },
    {
      path: `^${either([...packages, 'server'])}/`,
      pathNot: ['^server/$1/'],
      dependencyTypes: ['local'],
      dependencyTypesNot: ['aliased'],
    },
  ),
  forbid(
    'relative imports stay inside',
    'A package is called by its name (@bailee/proof).',
    { path: '^([^/]+)/', pathNot: [`^server/(${anyRoom})/`] },
    {
      path: `^${either([...packages, 'server'])}/`,
      // The ways in for tests and benchmarks that want a whole server, and for journeys that want a browser.
      pathNot: ['^$1/', '^server/testing\\.ts$', '^web/tests/browser\\.ts$'],
      dependencyTypes: ['local'],
      dependencyTypesNot: ['aliased'],
    },
  ),
]

const sequencerFiles = `^server/${either(sequencerWay)}$`

const hallRules = [
  forbid(
    'only app.ts knows every room',
    'Wiring has one place. main.ts, config.ts and the demonstration go through it.',
    { path: top, pathNot: ['^server/app\\.ts$', sequencerFiles, '^server/journeys/', testFile] },
    { path: '^server/domains/' },
  ),
  forbid(
    'only app.ts knows every room',
    'The sequencer runs in a thread of its own, with its own way in; it knows the ledger and no other room.',
    { path: sequencerFiles },
    { path: '^server/domains/', pathNot: ['^server/domains/ledger/'] },
  ),
]

const pureRules = [
  forbid(
    'pure packages stand alone',
    'proof, detect and junk run anywhere: no npm package, no node:, no other room.',
    { path: `^${either(purePackages)}/`, pathNot: [testFile] },
    { path: '.', pathNot: ['^$1/'] },
  ),
  forbid(
    'pure packages stand alone',
    'Their tests may use Node and test tools, but know no other room.',
    { path: `^${either(purePackages)}/` },
    { path: `^${either([...packages, 'server'])}/`, pathNot: ['^$1/'] },
  ),
  forbid(
    'rules are pure',
    'rules.ts decides from what it is given: kernel, contract types, proof and its own model; nothing that acts.',
    { path: rulesFile, pathNot: [testFile] },
    {
      path: '.',
      pathNot: [
        '^server/kernel/',
        '^contract/',
        '^proof/',
        '^server/$1/[^/]*(model|rules)(\\.ts$|/)',
        '^server/domains/[^/]+/index\\.ts$',
      ],
    },
  ),
  forbid(
    'rules are pure',
    'From the contract a rule takes types.',
    { path: rulesFile, pathNot: [testFile] },
    { path: '^contract/', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'rules are pure',
    'From a lower room a rule takes types: the shape of a fact, not the way to fetch it.',
    { path: rulesFile, pathNot: [testFile] },
    { path: '^server/domains/[^/]+/index\\.ts$', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'a migration imports nothing',
    'What a migration does must not change with live code.',
    { path: '/migrations/(?!index\\.ts$)[^/]+\\.ts$', pathNot: [testFile] },
    { path: '.' },
  ),
]

const clientRules = [
  forbid(
    'clients never enter the server',
    'cli, sdk, web, witness and contract know the wire, not the house behind it.',
    { path: '^(cli|sdk|web|witness|contract)/' },
    { path: '^server/' },
  ),
  forbid(
    'the contract stands low',
    'contract describes the wire and imports the schema library alone; the witness knows proof alone.',
    { path: '^(contract|witness)/', pathNot: [testFile] },
    { path: `^${either(packages)}/`, pathNot: ['^$1/', '^proof/'] },
  ),
  forbid(
    'faces never meet',
    'person, provider, authority and public share src/ui and nothing else.',
    { path: `^web/src/${either(faces)}/` },
    { path: `^web/src/${either(faces)}/`, pathNot: ['^web/src/$1/'] },
  ),
  forbid(
    'faces never meet',
    'What is shared does not know who shares it.',
    { path: '^web/src/ui/' },
    { path: `^web/src/${either(faces)}/` },
  ),
]

const shapeRules = [
  forbid('no cycles', 'Two files that need each other are one file, or three.', {}, { circular: true }),
  forbid('nothing unresolvable', 'An import that leads nowhere.', {}, { couldNotResolve: true }),
  forbid(
    'no undeclared packages',
    'Whoever imports a package declares it in their own package.json.',
    { pathNot: [testFile] },
    { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  ),
  forbid(
    'no undeclared packages',
    'What runs in production does not stand among the development dependencies.',
    { path: '^(proof|contract|server|sdk|cli|witness)/', pathNot: [testFile] },
    { dependencyTypes: ['npm-dev'] },
  ),
]

const ownerRules = (packagesOwned: readonly Ownership[]) =>
  packagesOwned.map(({ name, owners }) =>
    forbid(
      'npm packages stay in their owner room',
      `docs/dependencies.md gives ${name} to ${owners.join(', ')}.`,
      { pathNot: owners.map((owner) => (owner === 'tests' ? testFile : `^${literally(owner)}/`)) },
      { path: `(^|/)node_modules/${literally(name)}/` },
    ),
  )

/** The rules of the house, as dependency-cruiser reads them. Several rules may bear one name. */
export function houseRules(packagesOwned: readonly Ownership[]): IFlattenedRuleSet {
  return {
    forbidden: [
      ...lookDownOnly,
      ...frontDoors,
      ...hallRules,
      ...pureRules,
      ...clientRules,
      ...shapeRules,
      ...ownerRules(packagesOwned),
    ],
  }
}
