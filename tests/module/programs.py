"""Programs that Apache MXNet and gluonish both run; what they return is compared.

Each takes the package. Values come from formulas, so that both sides begin with the same numbers.
``tools/make_golden_modules.py`` runs them with MXNet; tests run them here.
"""

from __future__ import annotations

import numpy as np

WAYS = {
    "one": (1, "local"),
    "two-local": (2, "local"),
    "two-device": (2, "device"),
    "three-none": (3, None),
}
"""Numbers of contexts, and the store."""

OPTIMIZERS = {
    "sgd": {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01},
    "adam": {"learning_rate": 0.05, "wd": 0.01},
    "nag": {"learning_rate": 0.1, "momentum": 0.5},
    "rmsprop": {"learning_rate": 0.02},
}


def values(shape, phase=0.0):
    """Return an array of numbers between -1 and 1."""
    count = int(np.prod(shape))
    return np.sin(np.arange(count) * 1.7 + phase).reshape(shape).astype(np.float32)


def network(mx):
    """Return a perceptron with batch normalisation."""
    x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")
    x = mx.sym.BatchNorm(mx.sym.Activation(x, act_type="tanh", name="act"), fix_gamma=False, name="bn")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=3, name="fc2"), name="softmax")


def parameters(mx):
    """Return the values that training begins with."""
    shapes = {
        "fc1_weight": (4, 5),
        "fc1_bias": (4,),
        "bn_gamma": (4,),
        "bn_beta": (4,),
        "fc2_weight": (3, 4),
        "fc2_bias": (3,),
    }
    arguments = {name: mx.nd.array(values(shape, i)) for i, (name, shape) in enumerate(shapes.items())}
    return arguments, {"bn_moving_mean": mx.nd.zeros(4), "bn_moving_var": mx.nd.ones(4)}


def batches(mx, **options):
    """Return an iterator over ten examples."""
    labels = np.arange(10) % 3
    return mx.io.NDArrayIter(values((10, 5)), labels.astype(np.float32), 4, **options)


def rounded(arrays):
    """Return arrays by name as lists."""
    return {name: np.round(array.asnumpy().astype(np.float64), 6).tolist() for name, array in arrays.items()}


def training(mx, way, optimizer):
    """Train a module for three epochs; return its parameters, what it predicts, and scores."""
    count, store = WAYS[way]
    module = mx.mod.Module(network(mx), context=[mx.cpu(i) for i in range(count)])
    arguments, states = parameters(mx)
    data = batches(mx)
    module.fit(
        data,
        num_epoch=3,
        arg_params=arguments,
        aux_params=states,
        kvstore=store,
        optimizer=optimizer,
        optimizer_params=OPTIMIZERS[optimizer],
    )
    arguments, states = module.get_params()
    return {
        **rounded({**arguments, **states, "predicted": module.predict(data)}),
        "scores": [[name, round(float(value), 5)] for name, value in module.score(data, ["acc", "ce"])],
    }


def steps(mx, grad_req):
    """Run two batches forward and backward; return outputs and the gradients of parameters and inputs."""
    module = mx.mod.Module(network(mx), context=[mx.cpu(0), mx.cpu(1)], fixed_param_names=["fc1_bias"])
    data = batches(mx)
    module.bind(data.provide_data, data.provide_label, inputs_need_grad=True, grad_req=grad_req)
    module.init_params(None, *parameters(mx))
    for _ in range(2):
        module.forward_backward(data.next())
    group = module._exec_group
    return rounded(
        {
            "output": module.get_outputs()[0],
            "input": module.get_input_grads()[0],
            **{
                f"{name} on {i}": grad
                for name, grads in zip(group.param_names, group.grad_arrays)  # noqa: B905  old Python too
                for i, grad in enumerate(grads)
                if grad is not None
            },
        }
    )


def bucketing(mx):
    """Train on batches of three lengths; return the parameters."""

    def sym_gen(length):
        x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, flatten=False, name="fc1")
        x = mx.sym.FullyConnected(mx.sym.sum(x, axis=1) / length, num_hidden=3, name="fc2")
        return mx.sym.SoftmaxOutput(x, name="softmax"), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(sym_gen, default_bucket_key=6)
    module.bind([("data", (2, 6, 5))], [("softmax_label", (2,))])
    given = parameters(mx)[0]
    module.init_params(None, {name: given[name] for name in given if name.startswith("fc")}, {})
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    for length in (6, 2, 4, 2, 6):
        batch = mx.io.DataBatch(
            [mx.nd.array(values((2, length, 5), length))],
            [mx.nd.array([length % 3, 1])],
            bucket_key=length,
            provide_data=[("data", (2, length, 5))],
            provide_label=[("softmax_label", (2,))],
        )
        module.forward_backward(batch)
        module.update()
    return rounded(module.get_params()[0])


def sequence(mx):
    """Train two modules in a row, of which the second is a loss in Python; return the parameters."""
    x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    loss = mx.mod.PythonLossModule(grad_func=lambda scores, labels: scores - labels.reshape((-1, 1)))
    row = mx.mod.SequentialModule()
    row.add(mx.mod.Module(x, label_names=None)).add(loss, take_labels=True, auto_wiring=True)
    data = batches(mx)
    row.bind(data.provide_data, data.provide_label)
    row.init_params(None, {"fc_weight": mx.nd.array(values((3, 5))), "fc_bias": mx.nd.zeros(3)}, {})
    row.init_optimizer(optimizer_params={"learning_rate": 0.1})
    for batch in data:
        row.forward_backward(batch)
        row.update()
    return rounded(row.get_params()[0])


def row_sparse(mx, count):
    """Train a linear model on CSR batches with a row-sparse weight; return the parameters."""
    data = mx.sym.var("data", stype="csr")
    weight = mx.sym.var("weight", stype="row_sparse", shape=(8, 2))
    product = mx.sym.broadcast_add(mx.sym.sparse.dot(data, weight), mx.sym.var("bias", shape=(2,)))
    symbol = mx.sym.LinearRegressionOutput(product, mx.sym.var("label"), name="out")
    inputs = np.where(np.arange(72).reshape(9, 8) % 5 == 0, values((9, 8)), 0).astype(np.float32)
    batches = mx.io.NDArrayIter(
        mx.nd.array(inputs).tostype("csr"),
        values((9, 2), 1),
        3,
        last_batch_handle="discard",
        label_name="label",
    )
    module = mx.mod.Module(symbol, label_names=["label"], context=[mx.cpu(i) for i in range(count)])
    module.bind(batches.provide_data, batches.provide_label)
    given = {"weight": mx.nd.array(values((8, 2), 2)).tostype("row_sparse"), "bias": mx.nd.zeros(2)}
    module.init_params(None, given, {})
    module.init_optimizer("local", optimizer_params={"learning_rate": 0.5})
    for batch in batches:
        module.prepare(batch, sparse_row_id_fn=lambda batch: {"weight": batch.data[0].indices})
        module.forward_backward(batch)
        module.update()
    module.prepare(None, sparse_row_id_fn=lambda _: {"weight": mx.nd.arange(8)})
    return rounded(module.get_params()[0])


def feed_forward(mx):
    """Train the oldest kind of model on arrays; return parameters and predictions."""
    arguments, states = parameters(mx)
    np.random.seed(3)  # noqa: NPY002  the iterator shuffles with it
    model = mx.model.FeedForward(
        network(mx),
        num_epoch=2,
        numpy_batch_size=4,
        learning_rate=0.1,
        wd=0.1,
        arg_params=arguments,
        aux_params=states,
    )
    model.fit(values((10, 5)), (np.arange(10) % 3).astype(np.float32))
    return {
        **rounded({**model.arg_params, **model.aux_params}),
        "predicted": np.round(model.predict(values((10, 5))).astype(np.float64), 6).tolist(),
    }


def iteration(mx, last_batch_handle, shuffle, batch_size):
    """Return labels and padding of the batches of four epochs."""
    np.random.seed(7)  # noqa: NPY002  the iterator shuffles with it
    data = mx.io.NDArrayIter(
        values((7, 2)), np.arange(7), batch_size, shuffle=shuffle, last_batch_handle=last_batch_handle
    )
    found = []
    for _ in range(4):
        found.append([[batch.label[0].asnumpy().astype(int).tolist(), batch.pad] for batch in data])
        data.reset()
    return found


def compressed(mx, store, threshold, contexts):
    """Push gradients to a store that compresses them; return what it holds after each push."""
    kv = mx.kv.create(store)
    kv.set_gradient_compression({"type": "2bit", "threshold": threshold})
    kv.init("w", mx.nd.zeros(6))
    out, found = mx.nd.zeros(6), []
    for step in range(4):
        kv.push("w", [mx.nd.array(values((6,), step + i), ctx=mx.cpu(i)) for i in range(contexts)])
        kv.pull("w", out=out)
        found.append(np.round(out.asnumpy().astype(np.float64), 6).tolist())
    return found


PROGRAMS = {
    **{f"training {way} {name}": (training, way, name) for way in WAYS for name in OPTIMIZERS},
    **{f"steps {grad_req}": (steps, grad_req) for grad_req in ("write", "add")},
    "bucketing": (bucketing,),
    "sequence": (sequence,),
    "row_sparse": (row_sparse, 1),
    "feed_forward": (feed_forward,),
    **{
        f"iteration {last} {shuffle} {size}": (iteration, last, shuffle, size)
        for last in ("pad", "discard", "roll_over")
        for shuffle in (False, True)
        for size in (3, 10)
        if (last, size) != ("roll_over", 10)  # MXNet fails
    },
    **{
        f"compressed {store} {threshold} {contexts}": (compressed, store, threshold, contexts)
        for store, threshold, contexts in (
            ("device", 0.5, 1),
            ("device", 0.25, 3),
            ("local_allreduce_device", 1.5, 2),
        )
    },
}
"""Functions with their arguments, by name."""


def run(name, mx):
    """Return what a program returns."""
    function, *arguments = PROGRAMS[name]
    return function(mx, *arguments)
