export { PageForbidden as default } from '#app/shell/page-failures.tsx'
