import { testEveryScreen } from '../support/screens.ts'

testEveryScreen({ width: 390, theme: 'dark' })
