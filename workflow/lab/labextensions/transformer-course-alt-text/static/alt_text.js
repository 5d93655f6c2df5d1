// JupyterLab 4.6 shows an image without the alternative text that IPython saves beside it.
// Written as the bundler would write it (a module federation container), to need no bundler.

let registryToken;

const plugin = () => ({
  id: 'transformer-course-alt-text:plugin',
  description: 'Gives the images in outputs the alternative text of their metadata.',
  autoStart: true,
  requires: [registryToken],
  activate: (app, registry) => {
    const factory = registry.getFactory('image/png');
    registry.addFactory({
      ...factory,
      createRenderer: options => {
        const widget = factory.createRenderer(options);
        const render = widget.render;
        widget.render = async model => {
          await render.call(widget, model);
          const alt = model.metadata['image/png']?.alt;
          if (alt) {
            widget.node.querySelector('img').alt = alt;
          }
        };
        return widget;
      }
    });
  }
});

(window._JUPYTERLAB ??= {})['transformer-course-alt-text'] = {
  init: async scope => {
    const [shared] = Object.values(scope['@jupyterlab/rendermime']);
    registryToken = (await shared.get())().IRenderMimeRegistry;
  },
  get: async () => () => ({ __esModule: true, default: plugin() })
};
