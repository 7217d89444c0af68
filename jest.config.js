import { readdirSync } from 'node:fs'

export default {
  // A test of the mesh is several processes already, and mostly waits: five at a time, whatever the machine.
  maxWorkers: 5,
  // A machine that others share may stand still for seconds.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/scripts/jest-sequencer.cjs',
  projects: readdirSync(new URL('packages', import.meta.url)).map(project),
}

/**
 * The tests of a package run its sources, and dist of all others, for which its sources stand in as well. The processes and
 * threads that they start run dist alone.
 */
function project(name) {
  const door = name === 'skein' ? 'skein' : `@skein/${name}`
  return {
    roots: [`<rootDir>/packages/${name}`],
    testMatch: [`<rootDir>/packages/${name}/test/**/*.test.ts`],
    extensionsToTreatAsEsm: ['.ts'],
    transform: {
      '\\.ts$': [
        '<rootDir>/scripts/jest-transformer.cjs',
        { useESM: true, tsconfig: '<rootDir>/tsconfig.test.json' },
      ],
    },
    moduleNameMapper: {
      [`^${door}$`]: `<rootDir>/packages/${name}/src/index.ts`,
      [`^${door}/([^/]+)$`]: `<rootDir>/packages/${name}/src/$1.ts`,
    },
    resolver: '<rootDir>/scripts/jest-resolver.cjs',
    testEnvironment: '<rootDir>/scripts/jest-environment.cjs',
  }
}
