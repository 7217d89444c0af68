export default {
  roots: ['<rootDir>/packages'],
  testMatch: ['<rootDir>/packages/*/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.test.json' }] },
  // Tests run the sources; processes and threads that they start run dist.
  moduleNameMapper: {
    '^@skein/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@skein/([^/]+)/internal$': '<rootDir>/packages/$1/src/internal.ts',
    '^skein$': '<rootDir>/packages/skein/src/index.ts',
    '^skein/([^/]+)$': '<rootDir>/packages/skein/src/$1.ts',
  },
  resolver: '<rootDir>/scripts/jest-resolver.cjs',
  testEnvironment: '<rootDir>/scripts/jest-environment.cjs',
  // A test of the mesh is several processes already, and mostly waits: four at a time, whatever the machine.
  maxWorkers: 4,
  // A machine that others share may stand still for seconds.
  testTimeout: 120_000,
}
