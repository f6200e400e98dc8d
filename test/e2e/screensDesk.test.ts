import { testEveryScreen } from '../support/screens.ts'

// The other half is in a file of its own, so that both run beside each other.
testEveryScreen({ width: 1440, theme: 'light' })
