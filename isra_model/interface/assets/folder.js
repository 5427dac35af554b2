// A folder that is chosen: the browser knows where in it each file lies, Gradio sends names alone.
let paths = [];

document.addEventListener(
  "change",
  ({ target }) => {
    if (target.type === "file") paths = [...target.files].map((file) => file.webkitRelativePath || file.name);
  },
  true,
);

// The files as Gradio sends them, each with its path in the folder where the browser told one.
export function withPaths(files) {
  const left = paths;
  paths = [];
  return files?.map((file) => {
    const found = left.findIndex((path) => path.split("/").pop() === file.orig_name);
    return found < 0 ? file : { ...file, orig_name: left.splice(found, 1)[0] };
  });
}
