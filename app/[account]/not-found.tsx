export { PageMissing as default } from '#app/shell/page-failures.tsx'
